import { stat } from 'node:fs/promises';
import { errno } from '../../lib/thrown.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { findCopy, readCopy } from './copies.ts';
import { LogFile, openListed } from './log-file.ts';
import { LogOpening } from './log-opening.ts';
import { LogReader } from './log-reader.ts';
import { rotatedFiles, type Rotated } from './rotated-files.ts';
import type { TextFileOptions } from './text-file-options.ts';

const ROTATION_US = 3_000_000;
/** How long the kernel's word may take to be in the file: what was read covers no later moment than this before. */
const WRITE_LAG_US = 1_000_000;

/** Reads one log in the order in which it was written, over every rotation. */
export class TextFileReading {
  readonly #options: TextFileOptions;
  readonly #path: string;
  readonly #emit: Emit;
  readonly #stopped: () => boolean;
  readonly #reader: LogReader;
  #file: LogFile | null = null;
  #toldOffset = -1;
  #downWhy: string | null = null;
  #up = false;
  #goneSince: Micros | null = null;
  /** Everything that was written up to then was read. */
  #coveredTo: Micros | null = null;
  /** Begin of what is covered from now on; null: continues what was told before. */
  #coverFrom: Micros | null = null;
  #begunUs: Micros = 0;

  constructor(options: TextFileOptions, path: string, emit: Emit, stopped: () => boolean) {
    this.#options = options;
    this.#path = path;
    this.#emit = emit;
    this.#stopped = stopped;
    this.#reader = new LogReader({ source: options.file, path, emit, stopped, onLost: (why) => { this.#lost(this.#coveredTo, this.#begunUs, why); } });
  }

  /** Reads everything that there is now. Throws what the file system says when the file cannot be opened. */
  async readToEnd(begun: Micros): Promise<void> {
    this.#begunUs = begun;
    let from: Micros | null = null;
    if (this.#file === null) {
      const opening = new LogOpening(this.#options, this.#path, this.#reader, (since, to, why) => { this.#lost(since, to, why); });
      const opened = await opening.open(begun);
      from = opened.from;
      this.#switchTo(opened.file);
      await this.#reader.drain(opened.file);
      await opening.readMeanwhile(opened.file);
      await this.#checkTruncated(opened.file);
      await this.#drain(opened.file);
    } else {
      await this.#checkTruncated(this.#file);
      await this.#drain(this.#file);
    }
    const replaced = await this.#followRename();
    if (this.#stopped()) return;
    this.#goneSince = replaced === 'gone' ? (this.#goneSince ?? begun) : null;
    if (this.#goneSince !== null) {
      // Between the two steps of a rotation there is no file for a moment.
      if (begun - this.#goneSince < ROTATION_US) return;
      throw Object.assign(new Error('deleted'), { code: 'ENOENT' });
    }
    if (!this.#up) {
      const note = 'of compressed rotated files only those of the time away are read, if gzip made them';
      this.#emit({ type: 'up', source: this.#options.file, detail: `${this.#path} (${note})` });
    }
    this.#up = true;
    this.#downWhy = null;
    this.#cover(from, begun - WRITE_LAG_US);
  }

  /** Tells once that the file cannot be read. What is open is kept: a deleted log may still be written. */
  down(why: string, cure: string | null): void {
    if (this.#downWhy !== why) this.#emit({ type: 'down', source: this.#options.file, why, cure });
    this.#downWhy = why;
    this.#up = false;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  #cover(from: Micros | null, to: Micros): void {
    this.#coverFrom = from ?? this.#coverFrom;
    if (this.#coverFrom !== null && to <= this.#coverFrom) return;
    this.#emit({ type: 'covered', source: this.#options.file, from: this.#coverFrom, to });
    this.#coverFrom = null;
    this.#coveredTo = to;
  }

  #lost(from: Micros | null, to: Micros, why: string): void {
    this.#emit({ type: 'gap', source: this.#options.file, from, to, why });
  }

  async #drain(file: LogFile): Promise<void> {
    await this.#reader.drain(file);
    // One that is stopped on the way has left something out: what it told last holds.
    if (this.#stopped()) return;
    if (file === this.#file && file.lineOffset !== this.#toldOffset) {
      this.#toldOffset = file.lineOffset;
      this.#options.onPosition(file.position);
    }
  }

  /** copytruncate: the file begins anew; what was written before that is in the copy, if there is one, and in later ones. */
  async #checkTruncated(file: LogFile): Promise<void> {
    if (await file.isContinued()) return;
    const found = await findCopy(this.#path, (copy) => copy.isCopyOf(file));
    if (found === null) {
      this.#lost(this.#coveredTo, this.#begunUs, `${this.#path} was truncated; what was written to it since the last reading is gone`);
    } else {
      await readCopy(found, file.offset, file, this.#reader);
    }
    file.restart();
    this.#reader.begin();
  }

  /**
   * Rename: the writer goes on in the old file until it opens the new one, so the new one is begun when it has
   * something, after the rest of the old one. Until then it goes on with the newest that has been renamed.
   */
  async #followRename(): Promise<'same' | 'gone'> {
    for (;;) {
      const old = this.#file;
      const now = await stat(this.#path).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return null;
        throw error;
      });
      if (now === null) return 'gone';
      if (old === null || now.ino === old.inode) return 'same';
      const newest = now.size === 0 ? (await this.#between(old)).at(-1) : null;
      if (newest === undefined) return 'same';
      const next = (newest === null ? null : await openListed(newest, this.#path)) ?? (await LogFile.open(this.#path));
      await this.#checkTruncated(old);
      await this.#drain(old);
      const between = await this.#between(old);
      await old.close();
      for (const file of between) if (file.inode !== next.inode) await this.#reader.rotated(file);
      this.#switchTo(next);
      await this.#drain(next);
      if (this.#stopped()) return 'same';
    }
  }

  /** Files that were begun and rotated since the old one was rotated, oldest first. */
  async #between(old: LogFile): Promise<readonly Rotated[]> {
    const plain = (await rotatedFiles(this.#path).catch(() => [])).filter(({ compressed }) => !compressed);
    const found = plain.findIndex(({ inode }) => inode === old.inode);
    // One that was compressed at once is not there any more by its number.
    const newer = found === -1 ? plain.filter(({ modifiedMs }) => modifiedMs * 1_000 >= (this.#coveredTo ?? Infinity)) : plain.slice(0, found);
    return newer.reverse();
  }

  #switchTo(file: LogFile): void {
    this.#file = file;
    this.#reader.begin();
    this.#toldOffset = -1;
  }
}
