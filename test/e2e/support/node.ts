import { noJournald, ensureJournald } from './journald.ts';
import { startContainerd, whyNoContainerd, type Containerd } from './containerd.ts';

/** What the agent needs of a node: a containerd of the test's own, and journald. */
export interface TestNode {
  readonly containerd: Containerd;
  /** Options of the agent that name this runtime and no text log. */
  readonly runtime: readonly string[];
  stop(): Promise<void>;
}

/** Why no node can be made here; null: it can. Prints it, since what is skipped is to be seen. */
export function whyNoNode(who: string): string | null {
  const why = whyNoContainerd() ?? noJournald();
  if (why !== null) console.log(`${who}: not run, ${why}`);
  return why;
}

export async function startNode(): Promise<TestNode> {
  const journald = await ensureJournald();
  const containerd = await startContainerd().catch(async (error: unknown) => {
    await journald.stop();
    throw error;
  });
  return {
    containerd,
    runtime: ['--runtime-endpoint', `unix://${containerd.socket}`],
    async stop() {
      await containerd.stop();
      await journald.stop();
    },
  };
}

export const JOURNAL_ONLY = ['--kmsg', 'off', '--kernel-log-file', 'none'] as const;

let next = 0;

/** An id as runtimes give them, 64 hex digits, that no other container ever had: the journal remembers. */
export function newId(): string {
  next += 1;
  return [process.pid, Date.now(), next].map((part) => part.toString(16).padStart(16, '0')).join('').padEnd(64, 'c');
}
