import { formatTimeOrNull, SECOND } from '../../lib/time.ts';
import type { BlindSpot } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { isSigkill } from '../exit-status.ts';
import type { JoinedKill } from '../joined-kill.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { killEvidence, sayVictim } from '../say.ts';
import { sayWithin } from '../say-witness.ts';
import { stopBefore, stopsOf } from '../stop.ts';
import { killsRuledOut, TEARDOWN_US } from './kernel-kill.ts';

/** The answer stands already, but kubelet's or a runtime's word may still come and tell more. */
export function isReady(one: Case, certain: boolean): boolean {
  return one.settled || (certain && one.witnessLog.state !== 'waiting');
}

/** That an end had been asked for, which this was not: it came before the time was over. */
export function withinNote(one: Case): string {
  const stop = stopBefore(one, stopsOf(one));
  return stop === null ? '' : `; ${sayWithin(stop, one)}`;
}

/** Only what was read can be said not to have happened, and only by a kubelet that tells of such requests (from -v=2 on). */
function notAsked(one: Case): Judgement['ruledOut'] {
  if (one.witnessLog.state !== 'proven' || stopsOf(one).length > 0 || !one.tellsOfStops) return [];
  return [{ cause: 'liveness-probe', why: "kubelet's log was read over that moment: it asked for no end of this container" }];
}

const NOTHING: Pick<Judgement, 'victimRole' | 'evidence'> = { victimRole: null, evidence: [] };

export function ruledOut(kills: Parameters<Rule['judge']>[1], why: string): Judgement['ruledOut'] {
  const inside = killsRuledOut(kills);
  return inside.length > 0 ? inside : [{ cause: 'container-limit-oom', why }, { cause: 'node-oom', why }];
}

/** A parent may take so long to end after its child. */
const CHILD_PASSED_ON_US = 60 * SECOND;

/** A kill inside that may be why after all: of PID 1, or of who may have been, or of a child not long before. */
export function mayBeWhy({ role, beforeExitUs }: JoinedKill): boolean {
  return role !== 'child' || beforeExitUs === null || beforeExitUs <= CHILD_PASSED_ON_US;
}

export const ledgerUnchanged: Rule = {
  name: 'ledger-unchanged',
  when: "the exit is 137, and the kernel's own count of OOM kills did not move over it",
  gives: ['not-oom'],
  reaches: 'certain: the count covers every kernel OOM kill on the node and cannot be forged; likely where an earlier kill inside may still be why',
  why: 'The kernel counts before it kills. Whatever a log says, nobody was killed for want of memory then.',
  judge(one, kills) {
    if (!isSigkill(one.exit) || one.ledger.state !== 'unchanged') return null;
    const why = "the kernel's own count of OOM kills did not move";
    const certain = !kills.some(mayBeWhy);
    return {
      ...NOTHING,
      cause: 'not-oom',
      confidence: certain ? 'certain' : 'likely',
      summary: `not killed by the kernel for memory; who sent SIGKILL, or whether the program itself returned 137, is not known${withinNote(one)}`,
      decisive: isReady(one, certain),
      ruledOut: [...ruledOut(kills, why), ...notAsked(one)],
    };
  },
};

export const lostKill: Rule = {
  name: 'ledger-ahead',
  when: 'the exit is 137, no kill is known that ended it, and the kernel counted more OOM kills than could be read',
  gives: ['unknown'],
  reaches: 'possible',
  why: 'A kill line was lost. It may have been this container; saying anything else would be a guess.',
  judge(one, kills) {
    if (!isSigkill(one.exit) || one.ledger.state !== 'ahead') return null;
    const { counted, parsed } = one.ledger;
    return {
      ...NOTHING,
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: the kernel counted ${String(counted)} OOM kill${counted === 1 ? '' : 's'} around this exit, of which ${String(parsed)} could be read`,
      decisive: one.settled,
      ruledOut: killsRuledOut(kills),
    };
  },
};

export const namelessKill: Rule = {
  name: 'nameless-kill',
  when: "the exit is 137, no kill is known that ended it, PID 1's host pid is not known, and a kill just before it is nobody's PID 1 and tells no cgroup, or, where this container's is not known either, one that names no container",
  gives: ['unknown'],
  reaches: 'possible',
  why: 'The header of a report is rate-limited, the kill line is not: without a cgroup and without a pid to compare it may have been this container. A user without root may have all containers in one cgroup.',
  judge(one, kills) {
    if (!isSigkill(one.exit) || one.nameless === null || one.exit.initPid !== null) return null;
    return {
      ...NOTHING,
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: the kernel killed ${sayVictim(one.nameless)} for want of memory just before, and whose process that was is not known`,
      decisive: one.settled,
      ruledOut: killsRuledOut(kills),
    };
  },
};

export const unplacedKill: Rule = {
  name: 'unplaced-kill',
  when: "the exit is 137, and a process of this container was OOM-killed at a time that is not known, or up to 30 s before and PID 1's host pid is not known",
  gives: ['unknown'],
  reaches: 'possible',
  why: 'It may have been PID 1, which takes its time to die, or a child whose status PID 1 passed on: nothing here tells.',
  judge(one, kills) {
    const joined = kills.findLast(({ role, beforeExitUs }) => beforeExitUs === null || (role === null && beforeExitUs <= TEARDOWN_US));
    if (!isSigkill(one.exit) || !joined) return null;
    const doubt = joined.beforeExitUs === null ? 'when is not known' : 'whether that was PID 1 is not known';
    return {
      ...NOTHING,
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: the kernel killed ${sayVictim(joined.kill)} in this container for want of memory, and ${doubt}`,
      decisive: one.settled,
      evidence: killEvidence(joined, 'context'),
      ruledOut: [],
    };
  },
};

export const logRead: Rule = {
  name: 'kernel-log-read',
  when: 'the exit is 137, no kill is known that ended it, and the kernel log was read over the moment without a gap',
  gives: ['not-oom'],
  reaches: "certain where the kernel's own records are exactly as many as it counted and no earlier kill inside may still be why; else likely; possible where a kill just before names no container, whose victim may have been a child, or where the runtime says OOMKilled, no kill inside is known and nobody counted",
  why: 'The kernel always prints its kill line. A log that was read and holds none for this container says it was not one.',
  judge(one, kills) {
    const { state, blindSpots } = one.kernelLog;
    if (!isSigkill(one.exit) || blindSpots.length > 0 || (state !== 'proven' && state !== 'presumed')) return null;
    const certain = one.ledger.state === 'agrees' && one.ledger.exact && state === 'proven' && one.nameless === null && !kills.some(mayBeWhy);
    const doubt = one.nameless === null ? runtimesDoubt(one, kills) : `; ${sayVictim(one.nameless)}, which the kernel killed for memory just before, was not its PID 1 and may have been a child`;
    return {
      ...NOTHING,
      cause: 'not-oom',
      confidence: certain ? 'certain' : doubt === '' ? 'likely' : 'possible',
      summary: `not killed by the kernel for memory; who sent SIGKILL, or whether the program itself returned 137, is not known${doubt}${withinNote(one)}`,
      decisive: isReady(one, certain),
      ruledOut: [...ruledOut(kills, 'the kernel log was read over that moment and names no kill that ended this container'), ...notAsked(one)],
    };
  },
};

/** Runtimes err, but this one heard of a kill: a log can lose a line, and without a count nothing shows that it did. */
function runtimesDoubt({ exit, ledger, witness }: Case, kills: readonly JoinedKill[]): string {
  const saysOom = exit.runtimeReason === 'OOMKilled' || witness.some(({ kind }) => kind === 'oom-event');
  const isDoubtful = saysOom && kills.length === 0 && ledger.state === 'unknown';
  return isDoubtful ? '; the runtime says OOMKilled, and the kernel’s count, which would show whether a line was lost, was not read' : '';
}

export const blind: Rule = {
  name: 'blind',
  when: 'the exit is 137, no kill is known that ended it, and the kernel log was not readable over the moment',
  gives: ['unknown'],
  reaches: 'possible',
  why: 'Nobody was watching: no answer is the honest one.',
  judge(one, kills) {
    if (!isSigkill(one.exit)) return null;
    return {
      ...NOTHING,
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: ${sayBlind(one.kernelLog.blindSpots)}`,
      decisive: one.settled,
      ruledOut: killsRuledOut(kills),
    };
  },
};

function sayBlind(spots: readonly BlindSpot[]): string {
  const spot = spots[0];
  if (!spot) return 'the kernel log has not been read over that moment yet';
  const clock = (time: string | null): string => (time === null ? '' : time.slice(11, 19));
  const when = spot.from !== null && spot.to !== null ? ` from ${clock(spot.from)} to ${clock(spot.to)}` : spot.from !== null ? ` since ${clock(spot.from)}` : '';
  return `the kernel log (${spot.source}) was not readable${when}: ${spot.why}`;
}

/** The time over which the count was compared, as a blind spot of its own. */
export function ledgerBlindSpot(one: Case): readonly BlindSpot[] {
  const { state, counted, parsed, from, to } = one.ledger;
  if (state !== 'ahead') return [];
  return [{ source: 'ledger', from: formatTimeOrNull(from), to: formatTimeOrNull(to), why: `the kernel counted ${String(counted)} OOM kills, ${String(parsed)} could be read` }];
}
