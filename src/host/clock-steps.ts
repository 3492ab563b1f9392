import { SECOND, type Micros } from '../lib/time.ts';
import type { Clock } from './clock.ts';

/** What NTP slews, or a smeared leap second takes, between two looks is less. */
const STEP_US = SECOND;

/** Finds out that the wall clock was set (or the host slept) by the clock that nobody sets. */
export class ClockSteps {
  readonly #clock: Clock;
  #wallUs: Micros;
  #monotonicUs: Micros | null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wallUs = clock.now();
    this.#monotonicUs = clock.monotonic?.() ?? null;
  }

  /** The time, and by how much more (or less) of it has passed since the last look than really did; 0 for what is no step. */
  look(): { readonly now: Micros; readonly setBy: Micros } {
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic?.() ?? null;
    const setBy = monotonic === null || this.#monotonicUs === null ? 0 : now - this.#wallUs - (monotonic - this.#monotonicUs);
    this.#wallUs = now;
    this.#monotonicUs = monotonic;
    return { now, setBy: Math.abs(setBy) < STEP_US ? 0 : setBy };
  }
}
