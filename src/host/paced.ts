import type { Clock } from './clock.ts';

/** Does it at once, and for those who ask within so many milliseconds, once more then. */
export function paced(clock: Clock, everyMs: number, act: () => void): () => void {
  let state: 'idle' | 'resting' | 'asked' = 'idle';
  return function ask(): void {
    if (state !== 'idle') {
      state = 'asked';
      return;
    }
    state = 'resting';
    act();
    clock.after(everyMs, () => {
      const again = state === 'asked';
      state = 'idle';
      if (again) ask();
    });
  };
}
