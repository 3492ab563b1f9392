import type { Level, Scope } from '../../model/oom-kill.ts';
import { readCgroupPath } from './cgroup-path.ts';

/** Whose limit was hit: the limit's cgroup, seen from the victim's container. Null where it cannot be told. */
export function levelOf(scope: Scope, limitCgroup: string | null, victimCgroup: string | null): Level | null {
  if (scope === 'global') return 'node';
  if (limitCgroup === null) return null;
  const limit = readCgroupPath(limitCgroup);
  const victim = readCgroupPath(victimCgroup ?? limitCgroup);
  const last = limit.segments.length - 1;
  if (limit.containerAt >= 0 && limit.containerId === victim.containerId && limit.containerAt === victim.containerAt) {
    return limit.containerAt === last ? 'container' : 'nested';
  }
  if (last < 0) return 'other';
  // A limit around the victim's container: its pod, a QoS class, all pods, or something that Kubernetes did not make.
  if (limit.podAt === last && limit.podUid === victim.podUid) return 'pod';
  if (limit.kubepodsAt === last) return 'kubepods';
  return isQos(limit.segments[last] ?? '', limit.segments[last - 1]) ? 'qos' : 'other';
}

/** `kubepods-burstable.slice` (systemd), or `burstable` right below kubepods (cgroupfs). */
function isQos(segment: string, parent = ''): boolean {
  return (
    /(?:^|-)kubepods-(?:burstable|besteffort)(?:\.slice)?$/.test(segment) ||
    (/^(?:burstable|besteffort)$/.test(segment) && /(?:^|-)kubepods$/.test(parent))
  );
}
