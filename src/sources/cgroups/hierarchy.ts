import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';

const ROOT = '/sys/fs/cgroup';

/** Where memory cgroups lie, and how they count. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Where cgroup `/` is, as this process must open it. */
  readonly root: string;
  /** cgroup v2: whether memory.events counts what happens below it, too. */
  readonly below: boolean;
}

/** The hierarchy of the memory controller; why there is none, where none can be seen. */
export function findHierarchy(host: Host): Hierarchy | { readonly why: string; readonly cure: string } {
  const root = host.path(ROOT);
  if (controllersOf(root)?.includes('memory') === true) return { version: 2, root, below: !countsLocally(root) };
  const memory = join(root, 'memory');
  if (existsSync(join(memory, 'memory.usage_in_bytes'))) return { version: 1, root: memory, below: false };
  const there = existsSync(root);
  return {
    why: there ? `${root} has no memory controller` : `${root} does not exist`,
    cure: there ? "Mount the host's /sys/fs/cgroup, or boot the node with the memory controller (cgroup_enable=memory)" : "Mount the host's /sys/fs/cgroup, read-only",
  };
}

function controllersOf(root: string): readonly string[] | null {
  try {
    return readFileSync(join(root, 'cgroup.controllers'), 'latin1').trim().split(' ');
  } catch {
    return null;
  }
}

/** Mount option memory_localevents (Linux 5.2): memory.events counts as it did before, without what is below. */
function countsLocally(root: string): boolean {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
    return mounts.some((line) => line.split(' ')[4] === root && line.includes('memory_localevents'));
  } catch {
    return true;
  }
}
