import type { Clock } from '../../host/clock.ts';
import type { Micros } from '../../lib/time.ts';

const EVERY_MS = 500;
/** journald wakes those who follow it up to 500 ms after it wrote; the rest is for the way to here. */
const FOLLOW_LAG_US = 1_000_000;

/**
 * How far a quiet follower has certainly read. Twice a second: if nothing came since the last beat (so that what was
 * in the pipe then has been taken), everything written some time before that beat was handed over. If something came,
 * the time of the last record proves as much.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #onCovered: (to: Micros) => void;
  #forget: () => void = () => undefined;
  #lastBeat: Micros | null = null;
  #lastRecord: Micros | null = null;
  #lines = 0;

  constructor(clock: Clock, onCovered: (to: Micros) => void) {
    this.#clock = clock;
    this.#onCovered = onCovered;
  }

  start(): void {
    this.#forget = this.#clock.after(EVERY_MS, () => {
      if (this.#lines > 0) {
        if (this.#lastRecord !== null) this.#onCovered(this.#lastRecord);
      } else if (this.#lastBeat !== null) {
        this.#onCovered(this.#lastBeat - FOLLOW_LAG_US);
      }
      this.#lines = 0;
      this.#lastBeat = this.#clock.now();
      this.start();
    });
  }

  /** A record was handed over that journald received then. */
  line(received: Micros | null): void {
    this.#lines += 1;
    if (received !== null) this.#lastRecord = received;
  }

  stop(): void {
    this.#forget();
  }
}
