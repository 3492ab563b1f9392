import { readCgroupPath } from '../kernel/cgroup/cgroup-path.ts';
import type { Micros } from '../lib/time.ts';
import type { FactOf } from '../model/witness.ts';

/** The cgroup of the process that had this host pid at the moment; null: it is gone, or cannot be seen. */
export type CgroupOf = (pid: number, at: Micros) => string | null;

/** The signal with the cgroup of its sender, or of the sender's parent where that is gone, and the container that this names. */
export function placeSender(fact: FactOf<'signal-sent'>, cgroupOf: CgroupOf): FactOf<'signal-sent'> {
  const { sender, atUs } = fact;
  if (atUs === null || sender.cgroup !== null) return fact;
  const lookUp = (pid: number | null): string | null => (pid === null ? null : cgroupOf(pid, atUs));
  const cgroup = lookUp(sender.pid) ?? lookUp(sender.ppid);
  if (cgroup === null) return fact;
  return { ...fact, sender: { ...sender, cgroup, containerId: sender.containerId ?? readCgroupPath(cgroup).containerId } };
}
