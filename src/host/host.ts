import { join } from 'node:path';
import type { Clock } from './clock.ts';

/** A child process whose standard output is read line by line. */
export interface LineProcess {
  /** Lines of stdout as raw bytes, without the newline. Ends when the process ends. */
  readonly lines: AsyncIterable<Uint8Array>;
  /** Resolves when the process has ended, never rejects. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string; readonly notFound: boolean }>;
  stop(): void;
}

/** The one seam to the machine: every clock, file path and child process goes through it. */
export interface Host {
  readonly clock: Clock;
  /** Where the host's root is mounted: `/` on the node itself, `/host` in a container. */
  readonly root: string;
  /** A host path as this process must open it. */
  path(hostPath: string): string;
  spawn(command: string, args: readonly string[]): LineProcess;
}

export function hostPath(root: string, path: string): string {
  return root === '/' ? path : join(root, path);
}
