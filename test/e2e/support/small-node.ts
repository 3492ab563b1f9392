import { closeSync, openSync, writeSync } from 'node:fs';
import { startContainerd, whyNoContainerd, type Containerd, type ContainerdOptions } from './containerd.ts';
import { ensureJournald, noJournald } from './journald.ts';
import { endAgents } from './real-agent.ts';

export const MIB = 1024 * 1024;
const BUSYBOX = '/bin/busybox';
/** Eats until the limit kills it. */
export const EAT = [BUSYBOX, 'tail', '/dev/zero'] as const;
export const SLEEP = [BUSYBOX, 'sleep', '1000'] as const;
export const shell = (script: string): readonly string[] => [BUSYBOX, 'sh', '-c', script];

/** A real node in small: journald and a containerd of the test's own. */
export interface TestNode {
  readonly containerd: Containerd;
  /** What an agent needs to see this node, and nothing else of the machine. */
  readonly agentArgs: readonly string[];
  stop(): Promise<void>;
}

/** Why no such node can be had here; null: it can. Printed where tests skip. */
export function whyNoNode(): string | null {
  const why = noJournald() ?? whyNoContainerd();
  if (why !== null) console.log(`skipped: ${why}`);
  return why;
}

export async function startNode(options: ContainerdOptions = {}): Promise<TestNode> {
  const journald = await ensureJournald();
  const containerd = await startContainerd(options);
  return {
    containerd,
    agentArgs: ['--runtime-endpoint', `unix://${containerd.socket}`, '--kernel-log-file', 'none', '--lookback', '1h'],
    async stop() {
      await endAgents();
      await containerd.stop();
      await journald.stop();
    },
  };
}

let count = 0;
/** An id that no other test of this machine has used: the kernel's log outlives the tests. */
export function freshId(name: string): string {
  count += 1;
  return `${name}-${String(process.pid)}-${String(count)}-${Date.now().toString(36)}`;
}

/** Writes to the kernel's ring as any root process may; opened anew, for the ring limits each opener's rate. */
export function writeKmsg(text: string): void {
  const fd = openSync('/dev/kmsg', 'w');
  writeSync(fd, text);
  closeSync(fd);
}

/** What the kernel would print if it killed this process in this container. */
export function forgedReport(containerId: string, pid: number): readonly string[] {
  const cgroup = `/k8s.io/${containerId}`;
  return [
    'busybox invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${containerId},mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=busybox,pid=${String(pid)},uid=0`,
    `Memory cgroup out of memory: Killed process ${String(pid)} (busybox) total-vm:34000kB, anon-rss:32000kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:100kB oom_score_adj:0`,
  ];
}
