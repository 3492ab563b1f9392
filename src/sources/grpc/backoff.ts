/** Waiting times between attempts: doubling, with jitter so that the agents of a cluster do not act as one. */
export interface Backoff {
  /** The next wait in milliseconds: between half and the whole of the step. */
  next(): number;
  reset(): void;
}

export function createBackoff(minMs = 250, maxMs = 30_000, random: () => number = Math.random): Backoff {
  let step = minMs;
  return {
    next() {
      const wait = step * (0.5 + random() / 2);
      step = Math.min(step * 2, maxMs);
      return Math.round(wait);
    },
    reset() {
      step = minMs;
    },
  };
}
