import { sayBytes } from '../../lib/bytes.ts';
import type { Container } from '../../model/container-exit.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { Verdict } from '../../model/verdict.ts';

/** Who a line is about, as people name it: `shop/cart-7d9f app`, or the container's id where no pod is known. */
export function nameOf(container: Pick<Verdict['container'], 'podNamespace' | 'podName' | 'containerName' | 'containerId'>): string {
  const { podNamespace, podName, containerName, containerId } = container;
  if (podName === null) return containerName ?? `container ${containerId.slice(0, 12)}`;
  const pod = podNamespace === null ? podName : `${podNamespace}/${podName}`;
  return containerName === null ? pod : `${pod} ${containerName}`;
}

/** The verdict's own sentence, after the name of whom it is about. */
export function verdictSentence({ container, summary }: Verdict): string {
  return `${nameOf(container)}: ${summary}`;
}

const LIMIT_OF: Readonly<Record<NonNullable<OomKill['level']>, string>> = {
  container: "the container's memory limit was hit",
  nested: 'the memory limit of a cgroup inside the container was hit',
  pod: "the pod's memory limit was hit",
  qos: 'the memory limit of the QoS class was hit',
  kubepods: 'the memory set aside for pods ran out',
  other: 'the memory limit of an enclosing cgroup was hit',
  node: 'the node ran out of memory',
};
const SCOPE_OF: Readonly<Record<OomKill['scope'], string>> = {
  memcg: 'a memory limit was hit',
  global: 'the node ran out of memory',
  cpuset: 'the memory nodes of its cpuset ran out',
  mempolicy: 'the memory nodes of its memory policy ran out',
  unknown: 'what ran out is not known',
};

/** `The kernel killed java (pid 48213) in container 0123456789ab: the container's memory limit was hit, 512 MiB of 512 MiB.` */
export function killSentence({ victim, containerId, level, scope, memory }: OomKill, container: Container | null = null): string {
  const who = `${victim.comm ?? 'a process'}${victim.pid === null ? '' : ` (pid ${String(victim.pid)})`}`;
  const where = containerId === null ? '' : ` in ${container?.podName == null ? `container ${containerId.slice(0, 12)}` : nameOf(container)}`;
  const { usageBytes, limitBytes } = memory;
  const numbers = usageBytes === null || limitBytes === null ? '' : `, ${sayBytes(usageBytes)} of ${sayBytes(limitBytes)}`;
  return `The kernel killed ${who}${where}: ${level === null ? SCOPE_OF[scope] : LIMIT_OF[level]}${numbers}.`;
}
