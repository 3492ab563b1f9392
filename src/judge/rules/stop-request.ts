import { sayDuration } from '../../lib/duration.ts';
import { formatTimeOrNull, MS, SECOND, type Micros } from '../../lib/time.ts';
import type { Cause, Confidence } from '../../model/cause.ts';
import type { Evidence } from '../../model/verdict.ts';
import { factsOf, type FactOf } from '../../model/witness.ts';
import type { Case } from '../case.ts';
import { isSigkill } from '../exit-status.ts';
import type { Rule } from '../judgement.ts';
import { printable, sayBefore } from '../say.ts';
import { killsRuledOut } from './kernel-kill.ts';

type Stop = FactOf<'stop-request'>;

/** Clocks and stamps of one node differ by so much; the runtime takes its time to send and to notice. */
const EARLY_US = SECOND;
const LATE_US = 15 * SECOND;

const CAUSES: Partial<Record<Stop['reason'], Cause>> = {
  'liveness-probe': 'liveness-probe',
  'startup-probe': 'startup-probe',
  eviction: 'eviction',
  preemption: 'preemption',
  'node-shutdown': 'node-shutdown',
  'pod-deletion': 'pod-deletion',
};

const WORDS: Partial<Record<Cause, string>> = {
  'liveness-probe': 'its liveness probe failed',
  'startup-probe': 'its startup probe failed',
  eviction: 'the pod was evicted',
  preemption: 'a pod of higher priority took its place',
  'node-shutdown': 'the node shut down',
  'pod-deletion': 'the pod was deleted',
};

export const kubeletStop: Rule = {
  name: 'kubelet-stop',
  when: 'the exit is 137, kubelet had asked for the end of this container, and its grace period was over by then (or was none)',
  gives: ['liveness-probe', 'startup-probe', 'eviction', 'preemption', 'node-shutdown', 'pod-deletion'],
  reaches: "certain, if journald proves that kubelet wrote it and the kernel's log holds no kill; likely otherwise",
  why: 'kubelet says whom it ends and how long it waits: an end at that moment, and not before it, is its SIGKILL.',
  judge(one, kills) {
    if (!isSigkill(one.exit)) return null;
    const stop = factsOf(one.witness, 'stop-request').findLast((fact) => fact.by === 'kubelet' && isOver(fact, one.finishedUs));
    const cause = stop === undefined ? undefined : CAUSES[stop.reason];
    if (stop === undefined || cause === undefined) return null;
    const confidence: Confidence = stop.trust === 'text' || one.kernelLog.state !== 'proven' || kills.length > 0 ? 'likely' : 'certain';
    return {
      cause,
      confidence,
      summary: `${WORDS[cause] ?? 'kubelet asked for its end'}, and kubelet killed it when its grace period${sayGrace(stop)} was over`,
      victimRole: null,
      decisive: confidence === 'certain' || one.settled,
      evidence: [stopEvidence(stop, one, 'decisive')],
      ruledOut: killsRuledOut(kills),
    };
  },
};

/** Whether the end came when the grace period had run out: not before it, and not long after. */
function isOver({ atUs, gracePeriodMs }: Stop, finishedUs: Micros): boolean {
  if (atUs === null || gracePeriodMs === null) return false;
  const dueUs = atUs + gracePeriodMs * MS;
  return finishedUs >= dueUs - EARLY_US && finishedUs <= dueUs + LATE_US;
}

function sayGrace({ gracePeriodMs }: Stop): string {
  return gracePeriodMs === null || gracePeriodMs === 0 ? '' : ` of ${sayDuration(gracePeriodMs)}`;
}

export function stopEvidence(stop: Stop, one: Case, weight: Evidence['weight']): Evidence {
  const before = stop.atUs === null ? '' : `, ${sayBefore(Math.max(0, one.finishedUs - stop.atUs))}`;
  return { kind: stop.by, source: stop.source, time: formatTimeOrNull(stop.atUs), text: `${printable(stop.detail ?? stop.raw).slice(0, 300)}${before}`, weight };
}
