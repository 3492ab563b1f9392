import { SECOND } from '../../lib/time.ts';
import type { Cause, Confidence } from '../../model/cause.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { RuledOut } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { causeOfKill } from '../cause-of-kill.ts';
import { TEXT_STAMP_US, type JoinedKill } from '../joined-kill.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { killEvidence, sayBefore, sayCause, sayVictim } from '../say.ts';

export const OOM_CAUSES: readonly Cause[] = [
  'container-limit-oom',
  'pod-limit-oom',
  'qos-limit-oom',
  'node-allocatable-oom',
  'ancestor-limit-oom',
  'cgroup-limit-oom',
  'node-oom',
  'numa-oom',
];

/** From a child's kill to the exit that passes it on: a shell takes milliseconds, on an overloaded node a second or two. */
export const CHILD_LIKELY_US = 3 * SECOND;
export const CHILD_POSSIBLE_US = 5 * SECOND;
/** Tearing down a process that held much memory takes its time; beyond it a pid alone is no identity. */
const TEARDOWN_US = 30 * SECOND;

/** SIGKILL, or a status that the runtime lost. */
function mayBeKilled(one: Case): boolean {
  return one.exit.exitCode === 137 || one.exit.exitCode === 255 || one.exit.exitCode < 0;
}

/** So shortly before that it will be why; the doubt about a text log's stamp makes it no surer. */
function isNear({ kill, beforeExitUs }: JoinedKill): boolean {
  return (beforeExitUs ?? Infinity) + (kill.trust === 'text' ? TEXT_STAMP_US : 0) <= CHILD_LIKELY_US;
}

/** The kernel named the victim's cgroup, not only a pid. */
function isNamed(kill: OomKill): boolean {
  return kill.containerId !== null || kill.victimCgroup !== null;
}

function lesser(a: Confidence, b: Confidence): Confidence {
  const order: readonly Confidence[] = ['certain', 'likely', 'possible'];
  return order[Math.max(order.indexOf(a), order.indexOf(b))] ?? 'possible';
}

/** A text log alone proves nothing; a kill whose end was not seen may not have happened. */
function trusted(joined: JoinedKill): Confidence {
  const { kill } = joined;
  return kill.trust === 'text' || kill.victim.totalVmBytes === null ? 'likely' : 'certain';
}

function judgement(one: Case, joined: JoinedKill, atBest: Confidence, lead: string): Judgement {
  const cause = causeOfKill(joined.kill, one);
  const confidence = lesser(lesser(atBest, cause.confidence), trusted(joined));
  return {
    cause: cause.cause,
    confidence,
    summary: `${lead}${sayCause(cause, joined.kill, one)}`,
    victimRole: joined.role,
    decisive: confidence === 'certain' || one.settled,
    evidence: killEvidence(joined, 'decisive'),
    ruledOut: ruledOutBy(cause.cause, joined),
  };
}

/** The kernel names the limit that was hit, which rules the others out. */
function ruledOutBy(cause: Cause, { kill }: JoinedKill): readonly RuledOut[] {
  if (kill.limitCgroup !== null) return [{ cause: 'node-oom', why: `the kernel names the limit that was hit: ${kill.limitCgroup}` }];
  if (cause === 'node-oom') return [{ cause: 'container-limit-oom', why: 'the kernel states that no cgroup limit was hit' }];
  return [];
}

export const pid1Victim: Rule = {
  name: 'pid1-victim',
  when: "the exit is SIGKILL's (137, or a status the runtime lost), and the victim of a kernel OOM kill was PID 1 by its host pid",
  gives: [...OOM_CAUSES, 'unknown'],
  reaches: 'certain, if the record proves that the kernel wrote it; likely from a text log',
  why: "PID 1's death ends the container. Container id or host pid say it was this one; the report says whose limit.",
  judge(one, kills) {
    const joined = kills.findLast(({ kill, role, beforeExitUs }) => role === 'pid1' && (isNamed(kill) || (beforeExitUs ?? 0) <= TEARDOWN_US));
    if (!joined || !mayBeKilled(one)) return null;
    // A pid alone is this container's PID 1 only while the container lives: pids are used again.
    const isIts = isNamed(joined.kill) || (joined.atUs !== null && one.startedUs !== null);
    return judgement(one, joined, isIts ? 'certain' : 'likely', '');
  },
};

export const groupKill: Rule = {
  name: 'group-kill',
  when: 'the exit is 137, and memory.oom.group killed the whole cgroup with PID 1 in it',
  gives: OOM_CAUSES,
  reaches: 'certain, if the record proves that the kernel wrote it',
  why: 'A group kill is one decision of the kernel: its first victim tells whose limit, and PID 1 died of the same.',
  judge(one, kills) {
    const group = kills.filter(({ role }) => role === 'group');
    const first = group[0];
    const init = group.find(({ kill }) => kill.victim.pid === one.exit.initPid);
    if (!first || !init || !mayBeKilled(one)) return null;
    // The first victim's report says whose limit; that PID 1 died of it is its own line's word.
    const found = judgement(one, first, trusted(init), '');
    const others = group.slice(1).flatMap((joined) => killEvidence(joined, 'supporting').slice(1));
    return { ...found, victimRole: 'group', evidence: [...found.evidence, ...others] };
  },
};

export const victimWithoutPid: Rule = {
  name: 'victim-unknown-role',
  when: "the exit is 137, a process of this container was OOM-killed just before (3 s: likely, 5 s: possible), and PID 1's host pid is not known",
  gives: OOM_CAUSES,
  reaches: 'likely: the victim may have been a child',
  why: 'For exits from before the agent started the runtime no longer tells the pid; the container id still joins.',
  judge(one, kills) {
    const joined = kills.findLast(({ role, beforeExitUs }) => role === null && beforeExitUs !== null && beforeExitUs <= CHILD_POSSIBLE_US);
    if (!joined || one.exit.exitCode !== 137) return null;
    return judgement(one, joined, isNear(joined) ? 'likely' : 'possible', '');
  },
};

export const childVictim: Rule = {
  name: 'child-victim',
  when: 'the exit is 137, and a child of PID 1 was OOM-killed just before (3 s: likely, 5 s: possible)',
  gives: OOM_CAUSES,
  reaches: 'likely: a parent passes the status of its child on, as sh -c does',
  why: "A child's death ends the container only if PID 1 makes it so; that it followed at once, with the same status, says so.",
  judge(one, kills) {
    const joined = kills.findLast(({ role, beforeExitUs }) => role === 'child' && beforeExitUs !== null && beforeExitUs <= CHILD_POSSIBLE_US);
    if (!joined || one.exit.exitCode !== 137) return null;
    const lead = `a child, ${sayVictim(joined.kill)}, was OOM-killed and PID 1 ended with its status: `;
    return judgement(one, joined, isNear(joined) ? 'likely' : 'possible', lead);
  },
};

/** Why kills inside the container are not what ended it. */
export function killsRuledOut(kills: readonly JoinedKill[]): readonly RuledOut[] {
  return kills.map(({ kill, role, beforeExitUs }) => ({
    cause: kill.level === 'node' ? 'node-oom' : kill.scope === 'memcg' ? 'container-limit-oom' : 'unknown',
    why: `an OOM kill ${beforeExitUs === null ? 'at an unknown time' : sayBefore(beforeExitUs)} hit ${sayVictim(kill)}${role === 'child' ? ', a child, not PID 1' : ''}; PID 1 lived on`,
  }));
}
