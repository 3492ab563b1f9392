import { containerSchema, type Container } from '../../model/container-exit.ts';

/** `<pod>_<namespace>_<container>-<id>.log`: kubelet's name of a container's log in /var/log/containers. */
const NAME = /^([a-z0-9][a-z0-9.-]{0,252})_([a-z0-9][a-z0-9-]{0,62})_([a-z0-9][a-z0-9-]{0,62})-([0-9a-f]{64})\.log$/;
/** Where it points: `/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`. */
const TARGET = /\/([a-z0-9-]+)_([a-z0-9.-]+)_([0-9a-f-]{8,64})\/([a-z0-9-]+)\/(\d{1,6})\.log$/;

/** Who a container is by the name of its log; null for any other file. */
export function containerOfLog(name: string, target: string | null): Container | null {
  const m = NAME.exec(name);
  if (!m) return null;
  const [, podName, podNamespace, containerName, containerId] = m;
  const t = TARGET.exec(target ?? '');
  // A link that points to another container's log says nothing of this one.
  const own = t !== null && t[1] === podNamespace && t[2] === podName && t[4] === containerName;
  return containerSchema.parse({ containerId, podName, podNamespace, containerName, podUid: own ? t[3] : null, restartCount: own ? Number(t[5]) : null });
}
