import { cgroupsAround, CGROUP_TRIPLE } from '../lib/cgroup-paths.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Subject } from '../model/witness.ts';

/** Names under which a kill of this container may be looked up: a kill that belongs to it shares one of them. */
export function exitKeys({ containerId, podUid, podNamespace, podName, cgroup, initPid }: ContainerExit): readonly string[] {
  const keys = [`id ${containerId}`, ...podKeys(podUid, podNamespace, podName)];
  if (initPid !== null) keys.push(`pid ${String(initPid)}`);
  if (cgroup === null || cgroup === '' || cgroup === '/') return keys;
  const triple = CGROUP_TRIPLE.exec(cgroup);
  if (!triple) return [...keys, `at ${cgroup}`];
  const scope = `${triple[2] === '' ? '' : `${triple[2] ?? ''}-`}${triple[3] ?? ''}.scope`;
  return [...keys, `in ${scope}`, `in ${cgroup}`];
}

/** The names that a kill goes by: every container and cgroup around its victim, and the victim's pid. */
export function killKeys({ containerId, victimCgroup, victim }: OomKill): readonly string[] {
  const keys = containerId === null ? [] : [`id ${containerId}`];
  if (victim.pid !== null) keys.push(`pid ${String(victim.pid)}`);
  return victimCgroup === null ? keys : [...keys, ...cgroupKeys(victimCgroup)];
}

/**
 * Names under which facts of this container may be looked up: besides its own, every cgroup around it, with which it may
 * have been killed as a whole.
 */
export function factKeys(exit: ContainerExit): readonly string[] {
  return [...exitKeys(exit), ...cgroupsAround(exit.cgroup).map((path) => `whole ${path}`)];
}

/** The names that a fact goes by: whatever it says of whom it tells. */
export function subjectKeys({ containerId, podUid, podNamespace, podName, pid, cgroup }: Subject): readonly string[] {
  const keys = [...podKeys(podUid, podNamespace, podName)];
  if (containerId !== null) keys.push(`id ${containerId}`);
  if (pid !== null) keys.push(`pid ${String(pid)}`);
  return cgroup === null ? keys : [...keys, `whole ${cgroup}`, ...cgroupKeys(cgroup)];
}

/** Names of a pod. */
export function podKeys(podUid: string | null, podNamespace: string | null, podName: string | null): readonly string[] {
  const keys = podUid === null || podUid === '' ? [] : [`pod ${podUid}`];
  return podNamespace === null || podName === null ? keys : [...keys, `name ${podNamespace}/${podName}`];
}

/** Every cgroup around, and the containers that they name. */
function cgroupKeys(cgroup: string): readonly string[] {
  const keys: string[] = [];
  let path = '';
  for (const segment of cgroup.split('/').slice(1)) {
    path += `/${segment}`;
    keys.push(`at ${path}`, `in ${segment}`);
    // A container around the victim's: docker in a pod, a cgroup that the container made in itself.
    const id = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/.exec(segment)?.[1];
    if (id !== undefined) keys.push(`id ${id}`);
  }
  return keys;
}
