/** Waiting times that double from `minMs` up to `maxMs`; `reset` begins again after a success. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(minMs = 250, maxMs = 30_000) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#maxMs);
    return ms;
  }

  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
