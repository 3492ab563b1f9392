import { readCgroupPath } from '../../kernel/cgroup/cgroup-path.ts';
import type { Subject } from '../../model/witness.ts';

/** Of whom the killing of a whole cgroup tells: the container or the pod that the path names, and the path. */
export function killedCgroup(path: string): Partial<Subject> {
  const cgroup = path.startsWith('/') ? path : `/${path}`;
  const { containerId, podUid } = readCgroupPath(cgroup);
  return { containerId, podUid, cgroup };
}
