import { setTimeout as pause } from 'node:timers/promises';

/** Every question costs an emulated machine what it costs. */
const PAUSE_MS = 4_000;
/** How many times longer than usual everything may take, on a machine that is slow or has other work. */
export const PATIENCE = Number(process.env['WHY137_LAB_PATIENCE'] ?? 1);

/** Asks until the answer is something; fails when time is over, saying what it waited for. */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const patience = timeoutMs * PATIENCE;
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${patience / 1000} s in vain for ${what}.`);
    await pause(PAUSE_MS);
  }
}
