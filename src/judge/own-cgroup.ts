import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';

type Whose = Pick<ContainerExit, 'containerId' | 'cgroup'>;

/** Whether a cgroup is the container's own or below it: by its id in the path, or by the path that the runtime told. */
export function isWithin(path: string | null, { containerId, cgroup }: Whose): boolean {
  if (path === null) return false;
  if (cgroup !== null && cgroup.startsWith('/') && cgroup !== '/' && `${path}/`.startsWith(`${cgroup}/`)) return true;
  return path.split('/').some((segment) => isNamed(segment, containerId));
}

/** Whether the kernel named this container as the victim's; a host pid alone is another matter. */
export function namesIt(kill: OomKill, whose: Whose): boolean {
  return kill.containerId === whose.containerId || isWithin(kill.victimCgroup, whose);
}

function isNamed(segment: string, containerId: string): boolean {
  const name = segment.replace(/\.scope$/, '');
  return name === containerId || name.endsWith(`-${containerId}`) || name.endsWith(`:${containerId}`);
}
