import { readCgroupPath } from '../kernel/cgroup/cgroup-path.ts';
import type { Micros } from '../lib/time.ts';
import type { FactOf } from '../model/witness.ts';

/** The cgroup of the process that had this host pid at the moment; null: it is gone, or cannot be seen. */
export type CgroupOf = (pid: number, at: Micros) => string | null;

/** The signal with the cgroup of its sender, or else of the sender's parent, and the container that this names: a child of a container's is in it, too. */
export function placeSender(fact: FactOf<'signal-sent'>, cgroupOf: CgroupOf): FactOf<'signal-sent'> {
  const { sender, atUs } = fact;
  if (atUs === null || sender.cgroup !== null) return fact;
  const lookUp = (pid: number | null): string | null => (pid === null ? null : cgroupOf(pid, atUs));
  const cgroup = lookUp(sender.pid);
  const parentCgroup = cgroup === null ? lookUp(sender.ppid) : null;
  const containerId = sender.containerId ?? readCgroupPath(cgroup ?? parentCgroup ?? '').containerId;
  return { ...fact, sender: { ...sender, cgroup, parentCgroup, containerId } };
}
