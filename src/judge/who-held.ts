import { sayBytes } from '../lib/bytes.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { Culprits, Holder, Unowned } from '../model/culprits.ts';
import type { OomKill } from '../model/oom-kill.ts';
import { printable } from './printable.ts';

/** Who held the memory, as the verdict has it: of a group kill every victim is marked. */
export function culpritsFor(kill: OomKill, kills: readonly OomKill[]): Culprits | null {
  const { culprits } = kill;
  if (culprits === null || !kill.groupKill) return culprits;
  const killed = new Set(kills.filter(({ reportId }) => reportId === kill.reportId).map(({ victim }) => victim.pid));
  return { ...culprits, victimWas: null, holders: culprits.holders.map((holder) => ({ ...holder, killed: killed.has(holder.pid) })) };
}

/** Memory that no process owns, in words. */
export const UNOWNED: Readonly<Record<Unowned['what'], string>> = {
  shmem: 'files in memory (tmpfs, memory-backed volumes)',
  kernel: 'the kernel (slab and the like)',
  'huge-pages': 'huge pages set aside',
};

/** `; ml/train-0 held 11.2 GiB`: who held far more than the one that was killed, if somebody did. */
export function sayOther(culprits: Culprits | null, exit: ContainerExit): string {
  if (culprits?.victimWas !== 'bystander') return '';
  const other = largestOther(culprits);
  if (other === null) return '';
  return 'what' in other ? `; ${UNOWNED[other.what]} held at least ${sayBytes(other.bytes)}` : `; ${sayHolder(other, exit.containerId)} held ${sayBytes(other.heldBytes ?? 0)}`;
}

export function largestOther({ holders, unowned }: Culprits): Holder | Unowned | null {
  const holder = holders.find(({ killed, heldBytes }) => !killed && heldBytes !== null) ?? null;
  const beside = unowned[0] ?? null;
  return (beside?.bytes ?? 0) > (holder?.heldBytes ?? 0) ? beside : holder;
}

/** `ml/train-0`, or the process where its container is not known or is this one. */
function sayHolder({ containerId, podNamespace, podName, comm, pid }: Holder, own: string): string {
  if (podName !== null && containerId !== own) return podNamespace === null ? podName : `${podNamespace}/${podName}`;
  return `${printable(comm)} (${String(pid)})`;
}
