import { stat } from 'node:fs/promises';
import { errno, sayThrown } from '../../lib/thrown.ts';
import type { Micros } from '../../lib/time.ts';
import { Turns } from '../../host/turns.ts';
import type { Emit } from '../../model/source-event.ts';
import { gunzipped, unreadFiles, type EarlierRun } from './earlier-run.ts';
import { LogFile, rotatedFiles, type Rotated } from './log-file.ts';
import type { TextFileOptions, TextFilePosition } from './text-file-options.ts';

const BUFFER_BYTES = 256 * 1024;
/** Handed on in such pieces: in a storm, one holds a hundred kills. */
const PIECE_BYTES = 16 * 1024;
const ROTATION_US = 3_000_000;
/** How long the kernel's word may take to be in the file: what was read covers no later moment than this before. */
const WRITE_LAG_US = 1_000_000;

/** Reads one log in the order in which it was written, over every rotation. */
export class TextFileReading {
  readonly #options: TextFileOptions;
  readonly #path: string;
  readonly #emit: Emit;
  readonly #stopped: () => boolean;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #turns = new Turns();
  #file: LogFile | null = null;
  #begin = true;
  #toldOffset = -1;
  #downWhy: string | null = null;
  #up = false;
  #goneSince: Micros | null = null;
  /** Everything that was written up to then was read. */
  #coveredTo: Micros | null = null;
  /** Begin of what is covered from now on; null: continues what was told before. */
  #coverFrom: Micros | null = null;

  constructor(options: TextFileOptions, path: string, emit: Emit, stopped: () => boolean) {
    this.#options = options;
    this.#path = path;
    this.#emit = emit;
    this.#stopped = stopped;
  }

  /** Reads everything that there is now. Throws what the file system says when the file cannot be opened. */
  async readToEnd(begun: Micros): Promise<void> {
    let from: Micros | null = null;
    if (this.#file === null) {
      from = await this.#open(begun);
    } else {
      await this.#checkTruncated(this.#file, begun);
    }
    if (this.#file !== null) await this.#drain(this.#file);
    const replaced = await this.#followRename(begun);
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

  #cover(from: Micros | null, to: Micros): void {
    this.#coverFrom = from ?? this.#coverFrom;
    if (this.#coverFrom !== null && to <= this.#coverFrom) return;
    this.#emit({ type: 'covered', source: this.#options.file, from: this.#coverFrom, to });
    this.#coverFrom = null;
    this.#coveredTo = to;
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

  /** First opening. Gives the time since when everything that was written is read; null: as before. */
  async #open(begun: Micros): Promise<Micros | null> {
    const current = await LogFile.open(this.#path);
    const older = await rotatedFiles(this.#path).catch(() => []);
    const { position = null, read = null } = this.#options;
    if (read !== null) return this.#openAfter(read, current, older, begun);
    if (position !== null && (await this.#continue(position, current, older, begun))) return null;
    const from = await this.#openWithLookback(current, older, begun);
    if (position === null) return from;
    const why = 'the file that was read last is gone (rotated away, compressed, truncated or replaced)';
    this.#emit({ type: 'gap', source: this.#options.file, from: null, to: from ?? begun, why });
    return from;
  }

  /** Goes on where another run stopped, over the files written since then. */
  async #continue(
    position: TextFilePosition,
    current: LogFile,
    older: readonly Rotated[],
    begun: Micros,
  ): Promise<boolean> {
    const plain = older.filter(({ compressed }) => !compressed);
    const found = plain.findIndex(({ inode }) => inode === position.inode);
    const resumed = current.inode === position.inode ? current : null;
    const last = resumed ?? (found === -1 ? null : await LogFile.open(plain[found]?.path ?? ''));
    if (last === null) return false;
    last.resumeAt(position);
    if (!(await last.isContinued())) {
      if (resumed === null) await last.close();
      current.restart();
      return resumed !== null && this.#continueFromCopy(position, current, older);
    }
    this.#file = last;
    if (resumed !== null) return true;
    await this.#drain(last);
    await last.close();
    for (const { path } of plain.slice(0, found).reverse()) await this.#readWhole(path, begun);
    this.#switchTo(current);
    return true;
  }

  /** The file was truncated after it had been copied: the copy holds what was read, and what came then. */
  async #continueFromCopy(position: TextFilePosition, current: LogFile, older: readonly Rotated[]): Promise<boolean> {
    const [newest] = older;
    if (newest === undefined || newest.compressed) return false;
    const copy = await LogFile.open(newest.path);
    copy.resumeAt(position);
    const continues = await copy.isContinued();
    if (continues) await this.#drain(copy);
    await copy.close();
    if (continues) this.#switchTo(current);
    return continues;
  }

  /** Looks back, over all files that hold what an earlier run has not read. What none holds any more is a gap. */
  async #openAfter(earlier: EarlierRun, current: LogFile, older: readonly Rotated[], begun: Micros): Promise<Micros | null> {
    const unread = await unreadFiles(earlier, current, older);
    const { coveredTo } = earlier;
    // Where it stopped is not found: what was written since then may hold the rest all the same.
    const writtenSince = older.filter(({ modifiedMs }) => modifiedMs * 1_000 >= (coveredTo ?? Infinity)).length;
    const from = await this.#openWithLookback(current, older, begun, unread, unread ?? writtenSince);
    if (unread !== null) return coveredTo === null ? from : Math.min(coveredTo, from ?? begun);
    const why = 'while the agent was away, the file that it had read last was rotated away, compressed, truncated or replaced: what was still written to it is gone';
    this.#emit({ type: 'gap', source: this.#options.file, from: coveredTo, to: from ?? begun, why });
    return from;
  }

  /** The file itself, and those rotated files that hold what is unread (or, where that is not known, all), as far back as asked for. */
  async #openWithLookback(current: LogFile, older: readonly Rotated[], begun: Micros, unread: number | null = null, written = 0): Promise<Micros | null> {
    const size = await current.size();
    const { lookbackBytes, since = 0 } = this.#options;
    const [newest] = older;
    let left = lookbackBytes - size;
    const due = unread === null ? older.length : Math.max(1, unread);
    const files = older.slice(0, due).filter(({ modifiedMs }, index) => index < (unread ?? 1) || modifiedMs * 1_000 >= since).map((file, index) => {
      const lastBytes = left;
      left -= file.size;
      return { ...file, lastBytes, isGunzipped: index < written && file.path.endsWith('.gz') };
    });
    for (const { path, compressed, lastBytes, isGunzipped } of files.reverse()) {
      if (lastBytes <= 0) continue;
      if (!compressed) await this.#readWhole(path, begun, lastBytes);
      else if (isGunzipped) await this.#readGunzipped(path, begun);
    }
    this.#switchTo(current);
    if (size > lookbackBytes) {
      // One byte earlier: if that is the newline, the line behind it is whole.
      current.offset = size - lookbackBytes - 1;
      await current.skipToLine(this.#buffer);
      return begun;
    }
    // What was written after the last word of the rotated file is in this one, however it was rotated.
    return newest === undefined ? begun : Math.round(newest.modifiedMs * 1_000);
  }

  async #readWhole(path: string, begun: Micros, lastBytes = Infinity): Promise<void> {
    const file = await LogFile.open(path).catch(() => null);
    if (file === null) {
      const why = `${path} could not be opened any more`;
      this.#emit({ type: 'gap', source: this.#options.file, from: this.#coveredTo, to: begun, why });
      return;
    }
    const size = await file.size();
    if (size > lastBytes) {
      file.offset = size - lastBytes - 1;
      await file.skipToLine(this.#buffer);
    }
    this.#begin = true;
    await this.#drain(file);
    await file.close();
  }

  async #readGunzipped(path: string, begun: Micros): Promise<void> {
    this.#begin = true;
    try {
      for await (const chunk of gunzipped(path)) {
        if (this.#stopped()) return;
        this.#emit({ type: 'text', source: this.#options.file, chunk, begin: this.#begin });
        this.#begin = false;
      }
    } catch (error) {
      const why = `${path} could not be read: ${sayThrown(error)}`;
      this.#emit({ type: 'gap', source: this.#options.file, from: this.#coveredTo, to: begun, why });
    }
  }

  async #drain(file: LogFile): Promise<void> {
    while (!this.#stopped()) {
      const chunk = await file.read(this.#buffer);
      if (chunk.length === 0) break;
      await this.#hand(chunk);
    }
    if (file === this.#file && file.lineOffset !== this.#toldOffset) {
      this.#toldOffset = file.lineOffset;
      this.#options.onPosition(file.position);
    }
  }

  /** In pieces that grow while nobody has to wait for them: a long log without a kill is read at full speed. */
  async #hand(chunk: Buffer): Promise<void> {
    let size = PIECE_BYTES;
    for (let at = 0; at < chunk.length && !this.#stopped(); ) {
      const piece = chunk.subarray(at, at + size);
      this.#emit({ type: 'text', source: this.#options.file, chunk: piece, begin: this.#begin });
      this.#begin = false;
      at += piece.length;
      size = this.#turns.isOver ? PIECE_BYTES : 2 * size;
      await this.#turns.next();
    }
  }

  /** copytruncate: the file begins anew; what was written before that is in the copy, if there is one. */
  async #checkTruncated(file: LogFile, begun: Micros): Promise<void> {
    if (await file.isContinued()) return;
    const [newest] = await rotatedFiles(this.#path).catch(() => []);
    const copy = newest?.compressed === false ? await LogFile.open(newest.path).catch(() => null) : null;
    if (copy !== null && (await copy.isCopyOf(file))) {
      copy.offset = file.offset;
      await this.#drain(copy);
    } else {
      const why = `${this.#path} was truncated; what was written to it since the last reading is gone`;
      this.#emit({ type: 'gap', source: this.#options.file, from: this.#coveredTo, to: begun, why });
    }
    await copy?.close();
    file.restart();
    this.#begin = true;
  }

  /**
   * Rename: the writer goes on in the old file until it opens the new one, so the new one is begun when it has
   * something, after the rest of the old one.
   */
  async #followRename(begun: Micros): Promise<'same' | 'gone'> {
    for (;;) {
      const old = this.#file;
      const now = await stat(this.#path).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return null;
        throw error;
      });
      if (now === null) return 'gone';
      if (old === null || now.ino === old.inode || now.size === 0) return 'same';
      const next = await LogFile.open(this.#path);
      await this.#drain(old);
      const between = await this.#between(old);
      await old.close();
      for (const path of between) await this.#readWhole(path, begun);
      this.#switchTo(next);
      await this.#drain(next);
      if (this.#stopped()) return 'same';
    }
  }

  /** Files that were begun and rotated since the old one was rotated, oldest first. */
  async #between(old: LogFile): Promise<string[]> {
    const plain = (await rotatedFiles(this.#path).catch(() => [])).filter(({ compressed }) => !compressed);
    const found = plain.findIndex(({ inode }) => inode === old.inode);
    return found === -1 ? [] : plain.slice(0, found).map(({ path }) => path).reverse();
  }

  #switchTo(file: LogFile): void {
    this.#file = file;
    this.#begin = true;
    this.#toldOffset = -1;
  }
}
