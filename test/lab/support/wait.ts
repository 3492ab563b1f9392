import { setTimeout as pause } from 'node:timers/promises';

/** Every question costs an emulated machine what it costs. */
const PAUSE_MS = 2_000;

/** Asks until the answer is neither null nor false; fails when time is over, saying what it waited for. */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T | null | false>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
    await pause(PAUSE_MS);
  }
}
