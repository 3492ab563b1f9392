import type { Container } from '../model/container-exit.ts';
import type { Holder } from '../model/culprits.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { ContainerBook } from './container-book.ts';
import { timeOf } from './known-exit.ts';

/**
 * The kill with the names of the containers of those who held the memory, as far as they are known: a row of the
 * kernel's list has a pid, and a PID 1 that had started by then is its container's. The same object where nothing is new.
 */
export function nameHolders(kill: OomKill, containers: ContainerBook): OomKill {
  if (kill.culprits === null) return kill;
  const { holders } = kill.culprits;
  const named = holders.map((holder) => nameHolder(holder, kill, containers));
  return named.every((holder, index) => holder === holders[index]) ? kill : { ...kill, culprits: { ...kill.culprits, holders: named } };
}

function nameHolder(holder: Holder, kill: OomKill, containers: ContainerBook): Holder {
  if (holder.podName !== null || holder.containerName !== null) return holder;
  const container = containerOf(holder, kill, containers);
  if (container === null) return holder;
  const { containerId, podUid, podNamespace, podName, containerName } = container;
  if (containerId === holder.containerId && podName === null && containerName === null) return holder;
  return { ...holder, containerId, podUid: podUid ?? holder.podUid, podNamespace, podName, containerName };
}

function containerOf({ containerId, pid, podUid }: Holder, kill: OomKill, containers: ContainerBook): Container | null {
  if (containerId !== null) return containers.get(containerId);
  const container = containers.ofInitPid(pid, timeOf(kill.time));
  if (container === null) return null;
  return podUid !== null && container.podUid !== null && container.podUid !== podUid ? null : container;
}
