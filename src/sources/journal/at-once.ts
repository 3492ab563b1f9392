import type { Clock } from '../../host/clock.ts';
import { wait } from '../../host/wait.ts';
import { MS, type Micros } from '../../lib/time.ts';
import type { Complaint } from './complaint.ts';

/** A reading that took longer was one of much, or on a machine that is short of time: who follows brings the rest as soon. */
const LONG_US = 250 * MS;
/** The next one waits so many times as long as it took, and no longer than this. */
const REST_TIMES = 3;
const LONGEST_REST_MS = 5_000;

export interface AtOnceParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly read: () => Promise<Complaint | null>;
  /** Nobody is to read beside who does not follow. */
  readonly isWanted: () => boolean;
}

/** Readings beside the following one: one for all who ask while it runs, and one more for them after it, and after a rest. */
export class AtOnce {
  readonly #parts: AtOnceParts;
  #running: Promise<Complaint | null> | null = null;
  #next: Promise<void> | null = null;
  #restMs = 0;
  #endedUs: Micros = 0;

  constructor(parts: AtOnceParts) {
    this.#parts = parts;
  }

  /** The one that runs. */
  get running(): Promise<Complaint | null> | null {
    return this.#running;
  }

  /** Joins the one that runs, or begins one. */
  now(): Promise<Complaint | null> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Resolves after one that begins now or later. */
  async soon(): Promise<void> {
    if (!this.#parts.isWanted()) return;
    if (this.#running === null && this.#restLeftMs === 0) {
      await this.now();
      return;
    }
    this.#next ??= this.#afterRest();
    await this.#next;
  }

  async #run(): Promise<Complaint | null> {
    const { clock, read } = this.#parts;
    const begunUs = clock.now();
    const complaint = await read();
    this.#running = null;
    this.#endedUs = clock.now();
    const tookUs = this.#endedUs - begunUs;
    this.#restMs = tookUs > LONG_US ? Math.min((REST_TIMES * tookUs) / MS, LONGEST_REST_MS) : 0;
    return complaint;
  }

  async #afterRest(): Promise<void> {
    const { clock, signal, isWanted } = this.#parts;
    await this.#running;
    if (this.#restLeftMs > 0) await wait(clock, this.#restLeftMs, signal);
    this.#next = null;
    if (isWanted()) await this.now();
  }

  /** A clock that was set makes it no longer. */
  get #restLeftMs(): number {
    const { clock } = this.#parts;
    return Math.min(this.#restMs, Math.max(0, this.#restMs - (clock.now() - this.#endedUs) / MS));
  }
}
