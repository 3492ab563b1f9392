import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Alertness } from '../../host/alertness.ts';
import type { Clock } from '../../host/clock.ts';
import { activeFiles, inodeOf } from './journal-files.ts';

const HEADER_BYTES = 144;
const TAIL_OBJECT_OFFSET = 136;
const MAX_SCAN_BYTES = 256 * 1024;
/** By itself no later than journald would tell, and at once where an exit waits for its kill. */
const POLL_MS = { seldom: 250, often: 40 };
/** So often it is looked whether journald has begun another file. */
const RESCAN_MS = 1_000;

interface Tail {
  readonly path: string;
  readonly fd: number;
  readonly inode: bigint;
  offset: number;
}

/**
 * journald writes a record at once, but wakes those who follow it only every 250 to 500 ms (systemd issue 17574). This
 * looks at the tail of the files being written (their layout: systemd.io/JOURNAL_FILE_FORMAT) and calls back when the
 * bytes that came hold what is looked for, often while it is alerted. It is a hint and no more: nothing is lost if it sees nothing.
 */
export class TailWatch {
  readonly #clock: Clock;
  readonly #dirs: readonly string[];
  readonly #wanted: RegExp;
  readonly #onWritten: () => void;
  readonly #buffer = Buffer.alloc(HEADER_BYTES);
  readonly #alertness: Alertness;
  #tails: Tail[] = [];
  #rescanInMs = RESCAN_MS;
  #forget: () => void = () => undefined;

  constructor(clock: Clock, dirs: readonly string[], wanted: RegExp, onWritten: () => void) {
    this.#clock = clock;
    this.#dirs = dirs;
    this.#wanted = wanted;
    this.#onWritten = onWritten;
    this.#alertness = new Alertness(clock, POLL_MS.seldom, POLL_MS.often);
  }

  start(): void {
    this.#rescan();
    this.#again();
  }

  /** An exit was told: what the kernel said of it is about to be written. */
  alert(): void {
    this.#alertness.alert();
    this.#forget();
    this.#again();
  }

  stop(): void {
    this.#forget();
    for (const { fd } of this.#tails) closeSync(fd);
    this.#tails = [];
  }

  #again(): void {
    const { everyMs } = this.#alertness;
    this.#forget = this.#clock.after(everyMs, () => {
      this.#rescanInMs -= everyMs;
      if (this.#rescanInMs <= 0) this.#rescan();
      if (this.#tails.some((tail) => this.#grewWithWanted(tail))) this.#onWritten();
      this.#again();
    });
  }

  #grewWithWanted(tail: Tail): boolean {
    try {
      const offset = this.#tailOffset(tail.fd);
      const begin = tail.offset;
      if (offset <= begin) return false;
      tail.offset = offset;
      if (offset - begin > MAX_SCAN_BYTES) return true;
      const written = Buffer.alloc(offset - begin);
      const length = readSync(tail.fd, written, 0, written.length, begin);
      return this.#wanted.test(written.toString('latin1', 0, length));
    } catch {
      return false;
    }
  }

  #tailOffset(fd: number): number {
    readSync(fd, this.#buffer, 0, HEADER_BYTES, 0);
    if (this.#buffer.toString('latin1', 0, 8) !== 'LPKSHHRH') return 0;
    return Number(this.#buffer.readBigUInt64LE(TAIL_OBJECT_OFFSET));
  }

  #rescan(): void {
    this.#rescanInMs = RESCAN_MS;
    const known = new Map(this.#tails.map((tail) => [tail.path, tail]));
    const next: Tail[] = [];
    for (const path of activeFiles(this.#dirs)) {
      const old = known.get(path);
      const tail = old?.inode === inodeOf(path) ? old : this.#open(path);
      if (tail === null) continue;
      next.push(tail);
      if (tail === old) known.delete(path);
    }
    for (const { fd } of known.values()) closeSync(fd);
    this.#tails = next;
  }

  #open(path: string): Tail | null {
    try {
      const fd = openSync(path, 'r');
      return { path, fd, inode: fstatSync(fd, { bigint: true }).ino, offset: this.#tailOffset(fd) };
    } catch {
      return null;
    }
  }
}
