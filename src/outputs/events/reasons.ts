import type { Cause, Family } from '../../model/cause.ts';
import type { Verdict } from '../../model/verdict.ts';

/** What the Event's `reason` says, by cause: what people see in `kubectl get events` and write alerts for. */
export const REASONS: Readonly<Record<Cause, string>> = {
  'container-limit-oom': 'OOMKilledByContainerLimit',
  'pod-limit-oom': 'OOMKilledByPodLimit',
  'qos-limit-oom': 'OOMKilledByQoSLimit',
  'node-allocatable-oom': 'OOMKilledByNodeAllocatable',
  'ancestor-limit-oom': 'OOMKilledByOtherLimit',
  'cgroup-limit-oom': 'OOMKilledByMemoryLimit',
  'node-oom': 'OOMKilledByNode',
  'numa-oom': 'OOMKilledByNUMANode',
  'userspace-oom': 'OOMKilledByUserspace',
  'liveness-probe': 'KilledByLivenessProbe',
  'startup-probe': 'KilledByStartupProbe',
  eviction: 'KilledByEviction',
  preemption: 'KilledByPreemption',
  'node-shutdown': 'KilledByNodeShutdown',
  'pod-deletion': 'KilledByPodDeletion',
  'runtime-stop': 'KilledByRuntimeStop',
  'external-sigkill': 'KilledByOtherProcess',
  'not-oom': 'KilledNotOOM',
  program: 'ProgramExited',
  unknown: 'ExitCauseUnknown',
};

/** The container ended otherwise, and processes in it had been OOM-killed: that is what its owner must know. */
export const PROCESS_KILLED = 'ProcessOOMKilled';

/** The kernel killed it for want of memory; what ran out cannot be told. */
export const KILLED_FOR_UNKNOWN = 'OOMKilledCauseUnknown';

const OOM_FAMILIES: ReadonlySet<Family> = new Set(['cgroup-limit', 'node-wide', 'userspace-oom']);

/** Every 137, whatever the answer, and every exit that has to do with a kill for want of memory. */
export function isWorthTelling({ exit, family, oomKills }: Verdict): boolean {
  return exit.code === 137 || oomKills.length > 0 || OOM_FAMILIES.has(family);
}

export function reasonOf({ exit, cause, oomKills, victimRole }: Verdict): string {
  if (cause === 'unknown' && victimRole !== null) return KILLED_FOR_UNKNOWN;
  const endedOtherwise = exit.code !== 137 && (cause === 'program' || cause === 'unknown');
  return endedOtherwise && oomKills.length > 0 ? PROCESS_KILLED : REASONS[cause];
}
