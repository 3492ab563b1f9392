import { Backoff } from '../../lib/backoff.ts';
import { pauseAfter } from '../../lib/no-descriptor.ts';
import type { Micros } from '../../lib/time.ts';
import type { StateDisk, StateFile } from './disk.ts';

/** A clock, as far as it is needed here (`host/clock`). */
export interface Timer {
  now(): Micros;
  after(ms: number, callback: () => void): () => void;
}

export interface StateLogOptions {
  readonly disk: StateDisk;
  readonly name: string;
  readonly timer: Timer;
  /** The lines that hold everything that is kept now. */
  readonly snapshot: () => Iterable<string>;
  /** The disk fails (why), or works again (null). Told once each. */
  readonly onTrouble: (error: unknown) => void;
  readonly onReplaced?: () => void | Promise<void>;
}

/** An answer is not held back longer than this by a slow disk. */
const SAY_WITHIN_MS = 500;
/** What waits for a disk that fails; beyond that the file is written anew from memory. */
const MAX_PENDING_BYTES = 1024 * 1024;
/** So much of the file may be of no use any more. */
const SPARE_BYTES = 1024 * 1024;
const CLOSE_WITHIN_MS = 2_000;

/**
 * A file of lines on a disk that may fail. Lines that come while one batch is written go out with the next: one write
 * and one sync for all of them. When most of the file is out of date it is replaced by a snapshot. A disk that fails
 * stops nobody: it is tried again, and what could not be written is then written from memory.
 */
export class StateLog {
  readonly #options: StateLogOptions;
  readonly #backoff = new Backoff(500, 30_000);
  #file: StateFile | null = null;
  #pending: string[] = [];
  #pendingBytes = 0;
  #syncDue = false;
  /** The file lacks something that memory has. */
  #rewriteDue = true;
  #compactAt = 0;
  #running: Promise<void> | null = null;
  #failing = false;
  #forgetRetry: () => void = () => undefined;
  #forgetLate: () => void = () => undefined;
  /** Counts lines; those up to `#kept` are on the disk. */
  #written = 0;
  #waiting: { readonly upTo: number; readonly callback: () => void }[] = [];
  #unkept = 0;
  #closed = false;

  constructor(options: StateLogOptions) {
    this.#options = options;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Callbacks of `whenKept` that could not wait for the disk. */
  get unkept(): number {
    return this.#unkept;
  }

  get bytes(): number {
    return this.#file?.size ?? 0;
  }

  /** Writes the file anew; resolves when that was tried. */
  start(): Promise<void> {
    return this.#wake();
  }

  /** `sync`: it is to outlive a loss of power, too. */
  write(line: string, sync: boolean): void {
    if (this.#closed) return;
    this.#written += 1;
    this.#syncDue ||= sync;
    if (!this.#rewriteDue || this.#file !== null) {
      this.#pending.push(line);
      this.#pendingBytes += line.length;
    }
    if (this.#failing && this.#pendingBytes > MAX_PENDING_BYTES) this.#giveUpPending();
    if (!this.#failing) void this.#wake();
  }

  /** Calls back, in the order of the calls, when all that was written so far is kept, or when that cannot be waited for. */
  whenKept(callback: () => void): void {
    if (this.#failing || this.#closed) {
      this.#unkept += 1;
      callback();
      return;
    }
    if (this.#running === null && this.#pending.length === 0) {
      callback();
      return;
    }
    if (this.#waiting.length === 0) this.#limitWait();
    this.#waiting.push({ upTo: this.#written, callback });
  }

  /** Sees whether the file is still where it was put. */
  async check(): Promise<void> {
    if (this.#file === null || this.#running !== null || this.#failing) return;
    const named = await this.#file.isNamed().catch(() => false);
    if (named) return;
    this.#rewriteDue = true;
    await this.#wake();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#forgetRetry();
    let forget: () => void = () => undefined;
    const tooLate = new Promise<void>((resolve) => {
      forget = this.#options.timer.after(CLOSE_WITHIN_MS, resolve);
    });
    this.#syncDue = true;
    await Promise.race([this.#wake(), tooLate]);
    forget();
    this.#closed = true;
    this.#forgetRetry();
    this.#release(Infinity, true);
    await Promise.race([this.#file?.close().catch(() => undefined), tooLate]);
  }

  #wake(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    // All that comes in this turn goes out together.
    await Promise.resolve();
    while (this.#rewriteDue || this.#file === null || this.#pending.length > 0) {
      try {
        if (this.#file === null || this.#rewriteDue) await this.#rewrite();
        else await this.#append(this.#file);
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#failing) this.#recover();
      if (this.#file !== null && this.#file.size > this.#compactAt) await this.#compact();
    }
  }

  async #append(file: StateFile): Promise<void> {
    const batch = this.#pending;
    const bytes = this.#pendingBytes;
    const upTo = this.#written;
    const sync = this.#syncDue;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#syncDue = false;
    try {
      await file.append(batch.join(''));
    } catch (error) {
      this.#pending = [...batch, ...this.#pending];
      this.#pendingBytes += bytes;
      this.#syncDue ||= sync;
      throw error;
    }
    if (sync) {
      // After a sync that failed nobody knows what the disk holds, and a second one would say that all is well.
      this.#rewriteDue = true;
      await file.sync();
      this.#rewriteDue = false;
    }
    this.#release(upTo, false);
  }

  async #rewrite(): Promise<void> {
    const { disk, name, snapshot, onReplaced } = this.#options;
    const upTo = this.#written;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#syncDue = false;
    this.#rewriteDue = true;
    const file = await disk.replace(name, snapshot());
    const old = this.#file;
    this.#file = file;
    this.#rewriteDue = false;
    this.#compactAt = 2 * file.size + SPARE_BYTES;
    await old?.close().catch(() => undefined);
    this.#release(upTo, false);
    await onReplaced?.();
  }

  /** A disk too full for a second file is not too full for another line. */
  async #compact(): Promise<void> {
    const waiting = this.#pending;
    try {
      await this.#rewrite();
    } catch {
      // It may have been replaced and not be the file any more that is open here.
      this.#rewriteDue = !((await this.#file?.isNamed().catch(() => false)) ?? false);
      if (this.#rewriteDue) return;
      this.#pending = [...waiting, ...this.#pending];
      this.#pendingBytes = this.#pending.reduce((sum, line) => sum + line.length, 0);
      this.#syncDue = this.#pending.length > 0;
      this.#compactAt = (this.#file?.size ?? 0) + SPARE_BYTES;
    }
  }

  #fail(error: unknown): void {
    if (!this.#failing) this.#options.onTrouble(error);
    this.#failing = true;
    if (this.#pendingBytes > MAX_PENDING_BYTES) this.#giveUpPending();
    this.#release(Infinity, true);
    this.#forgetRetry();
    if (this.#closed) return;
    this.#forgetRetry = this.#options.timer.after(pauseAfter(error, this.#backoff), () => {
      void this.#wake();
    });
  }

  #giveUpPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#rewriteDue = true;
  }

  #recover(): void {
    this.#failing = false;
    this.#backoff.reset();
    this.#options.onTrouble(null);
  }

  #limitWait(): void {
    this.#forgetLate = this.#options.timer.after(SAY_WITHIN_MS, () => {
      this.#release(Infinity, true);
    });
  }

  #release(upTo: number, unkept: boolean): void {
    const later = this.#waiting.findIndex((one) => one.upTo > upTo);
    const due = this.#waiting.splice(0, later === -1 ? this.#waiting.length : later);
    if (due.length > 0) this.#forgetLate();
    if (due.length > 0 && this.#waiting.length > 0) this.#limitWait();
    if (unkept) this.#unkept += due.length;
    for (const { callback } of due) callback();
  }
}
