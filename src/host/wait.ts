import type { Clock } from './clock.ts';

/** Resolves after so many milliseconds of the given clock, or as soon as the signal is raised; never rejects. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const forget = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
