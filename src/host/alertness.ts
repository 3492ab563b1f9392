import { MS, type Micros } from '../lib/time.ts';
import type { Clock } from './clock.ts';

/** Who was alerted stays so for as long; milliseconds. */
const ALERT_MS = 5_000;

/**
 * How often something is looked at that cannot call by itself: seldom, as every look wakes the processor, and often for
 * a while after it was said to matter.
 */
export class Alertness {
  readonly #clock: Clock;
  readonly #seldomMs: number;
  readonly #oftenMs: number;
  #alertedUs: Micros = -Infinity;

  constructor(clock: Clock, seldomMs: number, oftenMs: number) {
    this.#clock = clock;
    this.#seldomMs = seldomMs;
    this.#oftenMs = oftenMs;
  }

  alert(): void {
    this.#alertedUs = this.#clock.now();
  }

  /** Milliseconds to the next look. */
  get everyMs(): number {
    // A clock that was set makes it no longer.
    return Math.abs(this.#clock.now() - this.#alertedUs) < ALERT_MS * MS ? this.#oftenMs : this.#seldomMs;
  }
}
