import { causeOfLimit, countedConfidence, sayLimit, untoldKills } from '../cgroup-count.ts';
import { isSigkill } from '../exit-status.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { sayCountedCause } from '../say.ts';
import { killsRuledOut, OOM_CAUSES } from './kernel-kill.ts';
import { isReady, mayBeWhy, ruledOut, withinNote } from './no-kill.ts';

const NOTHING: Pick<Judgement, 'victimRole' | 'evidence'> = { victimRole: null, evidence: [] };

export const cgroupUnchanged: Rule = {
  name: 'cgroup-unchanged',
  when: "the exit is 137, and the kernel's own count of OOM kills in the container's cgroup (or, where that is gone, in its pod's) did not move up to its end",
  gives: ['not-oom'],
  reaches: 'certain, where the count holds the cgroups below (cgroup v2) and was read in this life, and no earlier kill inside may still be why; else likely',
  why: 'The kernel counts in the cgroup of whom it kills, before it kills. Whatever was killed elsewhere on the node then, and whatever log was lost, nobody was in here.',
  judge(one, kills) {
    if (!isSigkill(one.exit) || one.cgroup.state !== 'none') return null;
    const certain = one.cgroup.whole && !kills.some(mayBeWhy);
    return {
      ...NOTHING,
      cause: 'not-oom',
      confidence: certain ? 'certain' : 'likely',
      summary: `not killed by the kernel for memory, which counted no kill in its cgroup; who sent SIGKILL, or whether the program itself returned 137, is not known${withinNote(one)}`,
      decisive: isReady(one, certain),
      ruledOut: ruledOut(kills, `the kernel's own count of OOM kills in ${one.cgroup.of === 'pod' ? "its pod's" : 'its'} cgroup did not move`),
    };
  },
};

export const cgroupCounted: Rule = {
  name: 'cgroup-counted',
  when: "the exit is 137, no kill is known that ended it, and the kernel counted more OOM kills in the container's cgroup (or its pod's) than lines tell of",
  gives: [...OOM_CAUSES, 'unknown'],
  reaches: "likely, where it was counted near the end and in this container alone: that PID 1 was hit, the count does not say; possible otherwise",
  why: "The kernel's line was lost, or nobody could read it. Its count of the cgroup is left, and so is that of the limits around it: the one that was hit is the one that ran out.",
  judge(one, kills) {
    if (!isSigkill(one.exit) || untoldKills(one) === 0) return null;
    const { limit } = one.cgroup;
    const confidence = countedConfidence(one);
    const rest = { ...NOTHING, decisive: one.settled, ruledOut: killsRuledOut(kills) };
    if (limit === null) return { ...rest, cause: 'unknown', confidence: 'possible', summary: 'unknown: the kernel OOM-killed a process in its cgroup, by its own count; its report was not read, and whose limit was hit is not known' };
    const cause = causeOfLimit(limit, one);
    return { ...rest, cause, confidence: limit.exact ? confidence : 'possible', summary: `${sayCountedCause(cause)} (by the kernel's counts alone, for its report was not read: it killed a process in here, and ${sayLimit(limit)})` };
  },
};
