import { sayDuration } from '../lib/duration.ts';
import { formatTimeOrNull, MS, parseTime, SECOND } from '../lib/time.ts';
import type { Cause, Confidence } from '../model/cause.ts';
import type { Evidence } from '../model/verdict.ts';
import type { Case, CgroupLimit } from './case.ts';

/** A count read over a longer time does not tell when it moved. */
const NEAR_US = 45 * SECOND;

/**
 * How many kills the kernel counted in the container's cgroup (or its pod's) that no line read tells of. A group kill's
 * first victim is counted twice.
 */
export function untoldKills({ cgroup, kills }: Case): number {
  if (cgroup.state !== 'some') return 0;
  const told = kills.filter(({ time }) => {
    const at = time === null ? null : parseTime(time);
    return at === null || at >= (cgroup.from ?? -Infinity) - SECOND;
  });
  const groups = new Set(told.filter(({ groupKill }) => groupKill).map(({ reportId }) => reportId));
  return Math.max(0, (cgroup.killed ?? 0) - told.length - groups.size);
}

/** How surely a kill that was counted is this exit's: it was counted near it, and in no other container. */
export function countedConfidence(one: Case): Confidence {
  const { cgroup, ledger, siblings } = one;
  const soon = cgroup.from !== null && cgroup.to !== null && cgroup.to - cgroup.from <= NEAR_US;
  // The node's count moved by as many around this exit.
  const moved = ledger.counted !== null && ledger.counted > 0;
  // A kill inside whose time nobody tells may have been meant for any of them.
  const placed = one.kills.every(({ time }) => time !== null);
  return placed && (soon || moved) && (cgroup.of === 'container' || siblings.length === 0) ? 'likely' : 'possible';
}

const CAUSES: Readonly<Record<CgroupLimit['level'], Cause>> = {
  container: 'container-limit-oom',
  nested: 'container-limit-oom',
  pod: 'pod-limit-oom',
  qos: 'qos-limit-oom',
  kubepods: 'node-allocatable-oom',
  other: 'ancestor-limit-oom',
  node: 'node-oom',
};

/** Whose limit the counts say was hit. In a pod of one container the pod's limit is that container's. */
export function causeOfLimit({ level, cgroup }: CgroupLimit, one: Case): Cause {
  if (level === 'pod' && one.siblings.length === 0 && one.exit.memoryLimitBytes !== null) return 'container-limit-oom';
  // A container around this one: the node is a container itself.
  if (level === 'container' && cgroup !== null && one.exit.cgroup !== null && cgroup !== one.exit.cgroup && one.exit.cgroup.startsWith(`${cgroup}/`)) return 'ancestor-limit-oom';
  return CAUSES[level];
}

/** `the limit of /kubepods/pod…`. */
export function sayLimit({ level, cgroup, exact }: CgroupLimit): string {
  if (level === 'node') return 'no limit around it was hit, so that the node itself had no memory left';
  const only = exact ? '' : ', though reclaim may have helped there';
  return `of the limits around it only that of ${level === 'container' ? "the container's own cgroup" : `the cgroup ${String(cgroup)}`} was hit${only}`;
}

/** What was counted, for every verdict. */
export function countEvidence({ cgroup }: Case, weight: Evidence['weight']): readonly Evidence[] {
  if (cgroup.state === 'unknown') return [];
  const whose = cgroup.of === 'pod' ? "its pod's cgroup" : 'its cgroup';
  const over = cgroup.from === null || cgroup.to === null ? '' : ` over ${sayDuration((cgroup.to - cgroup.from) / MS)}`;
  const counted = cgroup.killed === 0 ? 'no OOM kill' : cgroup.killed === 1 ? '1 OOM kill' : `${String(cgroup.killed)} OOM kills`;
  const limit = cgroup.limit === null ? '' : `; ${sayLimit(cgroup.limit)}`;
  return [{ kind: 'cgroup', source: 'cgroups', time: formatTimeOrNull(cgroup.to), text: `the kernel counted ${counted} in ${whose}${over}${limit}`, weight }];
}
