import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MemoryEvents } from '../../model/memory-events.ts';
import type { Hierarchy } from './hierarchy.ts';

export type Counts = Pick<MemoryEvents, 'inode' | 'oomKill' | 'below' | 'limitHits' | 'limitHitsBelow' | 'failcnt'>;

/** What the kernel has counted in a cgroup since it was made; null where it is not there, or counts nothing. */
export function readCounts(hierarchy: Hierarchy, cgroup: string): Counts | null {
  const file = (name: string): string | null => textOf(join(hierarchy.root, cgroup, name));
  const counts = hierarchy.version === 2 ? unified(file, hierarchy.below) : legacy(file);
  return counts === null ? null : { inode: inodeOf(hierarchy, cgroup), ...counts };
}

/** Which cgroup goes by this path now; null: none. */
export function inodeOf({ root }: Hierarchy, cgroup: string): number | null {
  const inode = statSync(join(root, cgroup), { throwIfNoEntry: false })?.ino;
  return inode !== undefined && Number.isSafeInteger(inode) ? inode : null;
}

type File = (name: string) => string | null;

/**
 * memory.events: `oom_kill` since Linux 4.13, of what is below as well since 5.2, when memory.events.local came beside it
 * (5.3). A kernel between the two tells no levels apart.
 */
function unified(file: File, countsBelow: boolean): Omit<Counts, 'inode'> | null {
  const all = file('memory.events');
  const oomKill = field(all, 'oom_kill');
  if (oomKill === null) return null;
  const local = file('memory.events.local');
  const below = countsBelow && local !== null;
  return { oomKill, below, limitHits: field(local, 'oom'), limitHitsBelow: below ? field(all, 'oom') : null, failcnt: null };
}

/** memory.oom_control: `oom_kill` since Linux 4.13, of the cgroup alone. failcnt grows also where reclaim helped. */
function legacy(file: File): Omit<Counts, 'inode'> | null {
  const oomKill = field(file('memory.oom_control'), 'oom_kill');
  if (oomKill === null) return null;
  const failcnt = file('memory.failcnt')?.trim() ?? '';
  return { oomKill, below: false, limitHits: null, limitHitsBelow: null, failcnt: /^\d{1,15}$/.test(failcnt) ? Number(failcnt) : null };
}

function field(text: string | null, name: string): number | null {
  const value = new RegExp(`^${name} (\\d{1,15})$`, 'm').exec(text ?? '')?.[1];
  return value === undefined ? null : Number(value);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
