import { SECOND, type Micros } from '../../lib/time.ts';

/** So many at once, then so many a second: what one node may ask of the API server. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #atUs: Micros | null = null;

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** How long the next one must wait, in microseconds. */
  waitUs(now: Micros): Micros {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * SECOND);
  }

  take(now: Micros): void {
    this.#refill(now);
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  #refill(now: Micros): void {
    // A clock that was set back refills nothing.
    const passedUs = Math.max(0, now - (this.#atUs ?? now));
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedUs / SECOND) * this.#perSecond);
    this.#atUs = now;
  }
}
