import type { Cause, Confidence } from '../model/cause.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Case } from './case.ts';
import { causeOfLimit, sayLimit } from './cgroup-count.ts';
import { isWithin, namesIt } from './own-cgroup.ts';

/** What a kernel OOM kill means as a cause, at best how surely, and why where that needs saying. */
export interface KillCause {
  readonly cause: Cause;
  readonly confidence: Confidence;
  readonly note: string | null;
}

const OF_LEVEL = {
  qos: 'qos-limit-oom',
  kubepods: 'node-allocatable-oom',
  other: 'ancestor-limit-oom',
} as const satisfies Record<string, Cause>;

/** The kernel rounds a limit down to whole pages, at most of 64 KiB. */
const PAGE_BYTES = 64 * 1024;

/** Share of the container's limit that the victim held for the limit to be the likely one. */
const NEAR_LIMIT = 0.9;

export function causeOfKill(kill: OomKill, one: Case): KillCause {
  if (kill.scope === 'cpuset' || kill.scope === 'mempolicy') return { cause: 'numa-oom', confidence: 'certain', note: null };
  if (kill.scope === 'unknown') {
    return { cause: 'unknown', confidence: 'possible', note: 'only the kill line is left of the report: whether a cgroup or the node ran out is not known' };
  }
  if (kill.level === null) return withoutLevel(kill, one);
  if (kill.level === 'node') {
    if (saysConstraint(kill)) return { cause: 'node-oom', confidence: 'certain', note: null };
    return { cause: 'node-oom', confidence: 'likely', note: 'the report states no constraint: a NUMA node of a cpuset or memory policy is not ruled out' };
  }
  if (isWithin(kill.limitCgroup, one.exit)) {
    const inner = kill.containerId !== null && kill.containerId !== one.exit.containerId;
    return { cause: 'container-limit-oom', confidence: 'certain', note: inner ? 'the victim was in a container inside this one' : null };
  }
  if (kill.level === 'pod') return atPod(kill, one);
  if (kill.level === 'other' && !namesIt(kill, one.exit)) return elsewhere(kill, one);
  // A limit of another container is one around this: a node that is a container itself.
  if (kill.level === 'container' || kill.level === 'nested') {
    return { cause: 'ancestor-limit-oom', confidence: namesIt(kill, one.exit) ? 'certain' : 'likely', note: null };
  }
  return { cause: OF_LEVEL[kill.level], confidence: 'certain', note: null };
}

/** PID 1 by its host pid, in a cgroup that does not name its container: its own, or a user's that holds all of theirs. */
function elsewhere(kill: OomKill, { exit }: Case): KillCause {
  const note = "the victim's cgroup does not name the container";
  if (kill.limitCgroup !== kill.victimCgroup) return { cause: 'ancestor-limit-oom', confidence: 'likely', note };
  if (kill.memory.limitBytes !== null && exit.memoryLimitBytes !== null) {
    return { cause: isLimit(kill.memory.limitBytes, exit.memoryLimitBytes) ? 'container-limit-oom' : 'ancestor-limit-oom', confidence: 'likely', note };
  }
  return { cause: 'cgroup-limit-oom', confidence: 'certain', note: `the kernel met it at ${kill.limitCgroup ?? 'a cgroup'}, which does not name the container` };
}

/** The pod's limit is the sum of its containers' limits: in a pod of one container it is that container's. */
function atPod(kill: OomKill, one: Case): KillCause {
  const { podUid, podName, memoryLimitBytes } = one.exit;
  const { limitBytes } = kill.memory;
  if (one.siblings.length > 0) return { cause: 'pod-limit-oom', confidence: 'certain', note: null };
  if (limitBytes !== null && memoryLimitBytes !== null) {
    if (!isLimit(limitBytes, memoryLimitBytes)) return { cause: 'pod-limit-oom', confidence: 'certain', note: null };
    return { cause: 'container-limit-oom', confidence: 'certain', note: "the kernel met it at the pod's cgroup, whose limit is this sole container's" };
  }
  if (!podUid && podName === null) {
    return { cause: 'pod-limit-oom', confidence: 'likely', note: 'whether the pod has other containers is not known' };
  }
  return { cause: 'container-limit-oom', confidence: 'likely', note: "the kernel met it at the pod's cgroup, and no other container of the pod is known" };
}

/** A memory cgroup ran out, and the report that named it was rate-limited away. */
function withoutLevel(kill: OomKill, one: Case): KillCause {
  const { anonRssBytes, fileRssBytes, shmemRssBytes } = kill.victim;
  const held = (anonRssBytes ?? 0) + (fileRssBytes ?? 0) + (shmemRssBytes ?? 0);
  const { limit: hit } = one.cgroup;
  if (hit !== null && hit.level !== 'node') return { cause: causeOfLimit(hit, one), confidence: 'likely', note: `the kernel's report was cut to its kill line, but ${sayLimit(hit)}` };
  const limit = one.exit.memoryLimitBytes;
  if (limit !== null && held >= limit * NEAR_LIMIT && held <= limit) {
    return { cause: 'container-limit-oom', confidence: 'likely', note: "the kernel's report was cut to its kill line, but the victim held nearly the whole of the container's limit" };
  }
  return { cause: 'cgroup-limit-oom', confidence: 'certain', note: "the kernel's report was cut to its kill line, which does not name the limit" };
}

/** Before 5.0 a report states no constraint; since then only the kill line stands alone without one. */
function saysConstraint(kill: OomKill): boolean {
  return kill.victimCgroup !== null;
}

/** Whether the limit that the kernel printed is the one that was asked for. */
function isLimit(printed: number | null, asked: number | null): boolean {
  return printed !== null && asked !== null && printed <= asked && asked - printed < PAGE_BYTES;
}
