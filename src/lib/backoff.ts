/**
 * Waiting times between attempts: doubling from `minMs` to `maxMs`, with jitter (between half and the whole of the step)
 * so that the agents of a cluster do not act as one. `reset` begins again after a success.
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #stepMs: number;

  constructor(minMs = 250, maxMs = 30_000, random: () => number = Math.random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#stepMs = minMs;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const ms = this.#stepMs * (0.5 + this.#random() / 2);
    this.#stepMs = Math.min(this.#stepMs * 2, this.#maxMs);
    return Math.round(ms);
  }

  reset(): void {
    this.#stepMs = this.#minMs;
  }
}
