import type { Backoff } from './backoff.ts';
import { sayThrown } from './thrown.ts';

/** Who ran out of file descriptors tries again so soon: an attempt costs nobody anything, and each may be the one. */
export const NO_DESCRIPTOR_MS = 1_000;

/** Whether it failed because the process, or the whole machine, has no file descriptor left. */
export function lacksDescriptor(trouble: unknown): boolean {
  return /\bE[MN]FILE\b/.test(sayThrown(trouble));
}

/** How long to wait after that trouble: a want of descriptors is nobody's fault whom ever longer pauses would spare. */
export function pauseAfter(trouble: unknown, backoff: Backoff): number {
  return lacksDescriptor(trouble) ? NO_DESCRIPTOR_MS : backoff.next();
}
