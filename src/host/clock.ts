import type { Micros } from '../lib/time.ts';

/** The one clock. Production reads the machine's; replay and tests turn their own. */
export interface Clock {
  now(): Micros;
  /** Calls back once after so many milliseconds; the returned function forgets it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now() * 1_000,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
