import { SECOND } from '../../lib/time.ts';
import type { Cause, Confidence } from '../../model/cause.ts';
import type { RuledOut } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { ADVICE_SYSRQ } from '../advice.ts';
import { causeOfKill } from '../cause-of-kill.ts';
import { isNeverStarted, isSigkill } from '../exit-status.ts';
import { TEXT_STAMP_US, type JoinedKill } from '../joined-kill.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { namesIt } from '../own-cgroup.ts';
import { isByHand, killEvidence, sayBefore, sayCause, sayVictim } from '../say.ts';

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
export const TEARDOWN_US = 30 * SECOND;
/** Clocks of one node that differ by more contradict each other. */
const APART_US = 10 * SECOND;
/** The kernel prints after it has sent the signal: by so much may its line be later than the exit. */
const PRINT_US = SECOND / 2;

/** SIGKILL, a status that the runtime lost, or that of a start that failed because the first process died. */
function mayBeKilled(one: Case): boolean {
  return one.exit.exitCode === 137 || one.exit.exitCode === 255 || one.exit.exitCode < 0 || isNeverStarted(one.exit);
}

/** So shortly before that it will be why; the doubt about a text log's stamp makes it no surer. */
function isNear({ kill, beforeExitUs }: JoinedKill): boolean {
  return (beforeExitUs ?? Infinity) + (kill.trust === 'text' ? TEXT_STAMP_US : 0) <= CHILD_LIKELY_US;
}

/**
 * Whether PID 1's kill is this exit's for certain. Named by the kernel, unless the clocks contradict; by pid alone only
 * while the container lived: pids are used again.
 */
function isIts({ kill, atUs }: JoinedKill, { exit, startedUs, finishedUs }: Case): boolean {
  if (namesIt(kill, exit)) return atUs === null || (atUs >= (startedUs ?? atUs) - APART_US && atUs <= finishedUs + APART_US);
  return atUs !== null && startedUs !== null && atUs >= startedUs && atUs <= finishedUs + PRINT_US;
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
  const ofIt = lesser(atBest, trusted(joined));
  const confidence = lesser(ofIt, cause.confidence);
  return {
    cause: cause.cause,
    confidence,
    summary: `${lead}${sayCause(cause, joined.kill, one)}`,
    victimRole: joined.role,
    decisive: confidence === 'certain' || one.settled || (ofIt === 'certain' && isCut(joined, cause.cause)),
    evidence: killEvidence(joined, 'decisive'),
    ruledOut: ruledOutBy(cause.cause, joined),
    kill: joined.kill,
    ...(isByHand(joined.kill) ? { advice: ADVICE_SYSRQ } : {}),
  };
}

/** Of its report only the kill line was printed, and what goes before it does not come any more: nothing is won by waiting. */
function isCut({ kill }: JoinedKill, cause: Cause): boolean {
  return kill.level === null && cause !== 'unknown';
}

/** The kernel names the limit that was hit, which rules the others out. */
function ruledOutBy(cause: Cause, { kill }: JoinedKill): readonly RuledOut[] {
  if (kill.limitCgroup !== null) return [{ cause: 'node-oom', why: `the kernel names the limit that was hit: ${kill.limitCgroup}` }];
  if (cause === 'node-oom') return [{ cause: 'container-limit-oom', why: 'the kernel states that no cgroup limit was hit' }];
  return [];
}

export const pid1Victim: Rule = {
  name: 'pid1-victim',
  when: "the exit is SIGKILL's (137, or a status the runtime lost, or it never started), and the victim of a kernel OOM kill was PID 1 by its host pid",
  gives: [...OOM_CAUSES, 'unknown'],
  reaches: 'certain, if the record proves that the kernel wrote it; likely from a text log',
  why: "PID 1's death ends the container. Container id or host pid say it was this one; the report says whose limit.",
  judge(one, kills) {
    const joined = kills.findLast(({ kill, role, beforeExitUs }) => role === 'pid1' && (namesIt(kill, one.exit) || (beforeExitUs ?? 0) <= TEARDOWN_US));
    if (!joined || !mayBeKilled(one)) return null;
    return judgement(one, joined, isIts(joined, one) ? 'certain' : 'likely', '');
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
    const found = judgement(one, first, isIts(init, one) ? trusted(init) : 'likely', '');
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
    if (!joined || !(isSigkill(one.exit) || isNeverStarted(one.exit))) return null;
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
    if (!joined || !isSigkill(one.exit)) return null;
    const lead = `a child, ${sayVictim(joined.kill)}, was OOM-killed and PID 1 ended with its status: `;
    return judgement(one, joined, isNear(joined) ? 'likely' : 'possible', lead);
  },
};

const WHO = { pid1: '', group: '', child: ', a child, not PID 1; PID 1 lived on', unknown: '; whether that was PID 1 is not known' } as const;

/** Why kills inside the container are not what ended it. */
export function killsRuledOut(kills: readonly JoinedKill[]): readonly RuledOut[] {
  return kills.map(({ kill, role, beforeExitUs }) => ({
    cause: kill.level === 'node' ? 'node-oom' : kill.scope === 'memcg' ? 'container-limit-oom' : 'unknown',
    why: `an OOM kill ${beforeExitUs === null ? 'at an unknown time' : sayBefore(beforeExitUs)} hit ${sayVictim(kill)}${WHO[role ?? 'unknown']}`,
  }));
}
