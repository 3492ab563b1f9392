import type { Clock } from '../../host/clock.ts';

/** Resolves after so many milliseconds of that clock, or at once when the signal is or becomes aborted. Never rejects. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const forget = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
