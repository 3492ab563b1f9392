import { createHash } from 'node:crypto';
import { meaningOf, signalNameOf } from '../exit-codes/explain-exit-code.ts';
import { formatTimeOrNull, parseTime } from '../lib/time.ts';
import { FAMILY_OF } from '../model/cause.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { BlindSpot, Evidence, Verdict } from '../model/verdict.ts';
import { adviceFor } from './advice.ts';
import type { Case } from './case.ts';
import { joinKills, TEXT_STAMP_US, type JoinedKill } from './joined-kill.ts';
import type { Judgement } from './judgement.ts';
import { RULES } from './rules.ts';
import { cgroupCounted, cgroupUnchanged } from './rules/cgroup-count.ts';
import { ledgerBlindSpot } from './rules/no-kill.ts';
import { runtimeAgrees } from './runtime-agrees.ts';
import { sayVictim } from './say.ts';
import { witnessEvidence } from './say-witness.ts';
import { culpritsFor } from './who-held.ts';
import { countEvidence } from './cgroup-count.ts';

/** An answer, and whether it is to be given at once. */
export interface Judged {
  readonly verdict: Verdict;
  readonly decisive: boolean;
}

/** The one judgement: pure, from what is known of an exit to its verdict (revision 1; the correlator counts on). */
export function judge(one: Case): Judged {
  const forged = one.kills.filter((kill) => isForged(kill, one));
  const believed = forged.length === 0 ? one : { ...one, kills: one.kills.filter((kill) => !forged.includes(kill)) };
  const kills = joinKills(believed);
  for (const rule of RULES) {
    const found = rule.judge(believed, kills);
    if (found !== null) return { verdict: compose(believed, kills, found, rule.name, forged.map(sayVictim)), decisive: found.decisive };
  }
  // own-exit takes whatever is left.
  throw new Error('no rule found anything');
}

/** A line of a text log about a kill at a time in which the kernel counted none, on the node or in the container's cgroup. */
function isForged(kill: OomKill, { ledger, cgroup, exit, startedUs }: Case): boolean {
  if (kill.trust !== 'text') return false;
  const since = [ledger.state === 'unchanged' ? ledger.from : null, cgroup.state === 'none' && cgroup.whole ? cgroup.from : null].filter((from) => from !== null);
  // PID 1 of this life cannot have been killed before it lived, however the stamp was rounded.
  const isInit = exit.initPid !== null && kill.victim.pid === exit.initPid;
  const at = kill.time === null ? null : parseTime(kill.time);
  return since.some((from) => (isInit && startedUs !== null && startedUs >= from) || at === null || at > from + TEXT_STAMP_US);
}

/** What the counts of cgroups decided. */
const COUNT_RULES: ReadonlySet<string> = new Set([cgroupUnchanged.name, cgroupCounted.name]);

function compose(one: Case, kills: readonly JoinedKill[], found: Judgement, rule: string, forged: readonly string[]): Verdict {
  const { exitCode, finishedAt, finishedWithinMs: _within, runtimeReason, ...container } = one.exit;
  return {
    kind: 'verdict',
    id: verdictId(one.exit),
    revision: 1,
    final: one.settled || (found.decisive && found.confidence === 'certain'),
    container,
    exit: { code: exitCode, signal: signalNameOf(exitCode), finishedAt, runtimeReason, meaning: meaningOf(exitCode) },
    cause: found.cause,
    family: FAMILY_OF[found.cause],
    confidence: found.confidence,
    summary: found.summary,
    victimRole: found.victimRole,
    evidence: [...found.evidence, ...witnessEvidence(one, found.facts), ...countEvidence(one, COUNT_RULES.has(rule) ? 'decisive' : 'context'), ...surroundings(one, forged)],
    ruledOut: [...found.ruledOut],
    blindSpots: [...(found.blindSpots ?? []), ...blindSpotsOf(one, found), ...ledgerBlindSpot(one)],
    runtimeAgrees: runtimeAgrees(runtimeReason, found.cause, exitCode),
    oomKills: kills.map(({ kill }) => kill.id),
    culprits: found.kill === undefined ? null : culpritsFor(found.kill, kills.map(({ kill }) => kill)),
    advice: found.advice ?? adviceFor(found.cause, { exit: one.exit, kill: found.kill ?? null, victimRole: found.victimRole, killsInside: kills.length, facts: found.facts ?? [] }),
    rule,
  };
}

/** A log that is behind hides nothing of what is certain without it. */
function blindSpotsOf({ kernelLog }: Case, { confidence }: Judgement): readonly BlindSpot[] {
  return kernelLog.state === 'behind' && confidence === 'certain' ? [] : kernelLog.blindSpots;
}

/** What every verdict shows: the exit, and the kernel's count where it was read. */
function surroundings(one: Case, forged: readonly string[]): readonly Evidence[] {
  const { exit, ledger } = one;
  const reason = exit.runtimeReason === null ? '' : `, ${exit.runtimeReason}`;
  const evidence: Evidence[] = [
    { kind: 'runtime', source: exit.runtime ?? 'runtime', time: exit.finishedAt, text: `exit ${String(exit.exitCode)}${reason}`, weight: 'supporting' },
  ];
  if (ledger.state !== 'unknown') {
    const text =
      ledger.state === 'unchanged'
        ? "the kernel's own count of OOM kills did not move over this exit"
        : `the kernel counted ${String(ledger.counted)} OOM kills around this exit, ${String(ledger.parsed)} kill lines were read`;
    evidence.push({ kind: 'ledger', source: 'vmstat', time: formatTimeOrNull(ledger.to), text, weight: ledger.state === 'unchanged' ? 'decisive' : 'supporting' });
  }
  for (const victim of forged) {
    evidence.push({ kind: 'text', source: 'text log', time: null, text: `a line says that ${victim} was OOM-killed, but the kernel counted no kill: not believed`, weight: 'context' });
  }
  return evidence;
}

/** The same for the same exit, whoever told it and however often. */
export function verdictId(exit: ContainerExit): string {
  const at = exit.finishedAt.slice(0, 23);
  return `exit-${createHash('sha256').update(`${exit.containerId} ${at}`).digest('hex').slice(0, 16)}`;
}
