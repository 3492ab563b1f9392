import type { Micros } from '../lib/time.ts';

/** The one clock. Production reads the machine's; replay and tests turn their own. */
export interface Clock {
  now(): Micros;
  /** The kernel's own clock, which nobody sets and which stands still while the host sleeps: microseconds since boot. */
  monotonic?(): Micros;
  /** Calls back once after so many milliseconds; the returned function forgets it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now() * 1_000,
  monotonic: () => Number(process.hrtime.bigint() / 1_000n),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
