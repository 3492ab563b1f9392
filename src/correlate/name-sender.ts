import type { Container } from '../model/container-exit.ts';
import type { WitnessFact } from '../model/witness.ts';
import type { ContainerBook } from './container-book.ts';

/**
 * A signal with the container that its sender was in, and that container's names, as far as they are known. Where nobody
 * saw the sender's cgroup it is known of a PID 1, and of what a PID 1 started, which is in its container like itself.
 */
export function nameSender(fact: WitnessFact, containers: ContainerBook): WitnessFact {
  if (fact.kind !== 'signal-sent') return fact;
  const { sender, atUs } = fact;
  const found = sender.containerId !== null ? containers.get(sender.containerId) : (containers.ofInitPid(sender.pid, atUs) ?? containers.ofInitPid(sender.ppid, atUs));
  if (found === null) return fact;
  return { ...fact, sender: { ...sender, containerId: found.containerId, containerName: nameOf(found) } };
}

function nameOf({ podNamespace, podName, containerName }: Container): string | null {
  const names = [podNamespace, podName, containerName].filter((name) => name !== null && name !== '');
  return names.length === 0 ? null : names.join('/');
}
