import { sayDuration } from '../lib/duration.ts';
import { formatTimeOrNull, MS } from '../lib/time.ts';
import type { Cause } from '../model/cause.ts';
import type { Evidence } from '../model/verdict.ts';
import type { FactOf, WitnessFact } from '../model/witness.ts';
import type { Case } from './case.ts';
import { printable } from './printable.ts';
import { sayFault, saySignal, sayUserspaceKill } from './say-killer.ts';
import type { Stop } from './stop.ts';

const MAX_TEXT = 300;
/** Probes fail again and again: the last ones tell enough. */
const MAX_PROBES = 2;
const MAX_FACTS = 8;

const WHY: Partial<Record<Cause, string>> = {
  'liveness-probe': 'its liveness probe failed',
  'startup-probe': 'its startup probe failed',
  eviction: 'the pod was evicted',
  preemption: 'a critical pod took its place',
  'node-shutdown': 'the node shut down',
  'pod-deletion': 'the pod was deleted',
};

/** `its liveness probe failed`; who asked, where why is not told. */
export function sayStop({ cause, reason, request }: Stop): string {
  const why = cause === null ? undefined : WHY[cause];
  if (why !== undefined) return reason?.kind === 'eviction' ? `${why}${sayLack(reason)}` : why;
  const detail = reason?.kind === 'stop-request' ? reason.detail : null;
  return `${sayWho(request)} was to stop it${detail === null ? '' : ` (${printable(detail).slice(0, MAX_TEXT)})`}`;
}

function sayWho(request: Stop['request']): string {
  if (request === null || request.kind === 'node-shutdown' || request.by === 'kubelet') return 'kubelet';
  return `the runtime (${request.by})`;
}

/** `30 s`; null where it is not told. */
export function sayGrace({ request }: Stop): string | null {
  const ms = request?.gracePeriodMs ?? null;
  return ms === null ? null : sayDuration(ms);
}

function sayLack({ resource, limit }: FactOf<'eviction'>): string {
  if (limit) return ', for a limit of its own';
  return resource === null ? '' : `: the node was low on ${printable(resource)}`;
}

/** What witnesses told of this exit, as evidence; those that decide are marked. */
export function witnessEvidence(one: Case, reasons: readonly (WitnessFact | null)[] = []): readonly Evidence[] {
  const decisive = reasons.filter((fact) => fact !== null);
  const probes = one.witness.filter(({ kind }) => kind === 'probe-failed').slice(-MAX_PROBES);
  const told = one.witness.filter((fact) => probes.includes(fact) || STOP_KINDS.has(fact.kind) || decisive.includes(fact));
  // What decided is shown, however much was told since.
  const last = new Set(told.filter((fact) => !decisive.includes(fact)).slice(-Math.max(1, MAX_FACTS - decisive.length)));
  return told.filter((fact) => last.has(fact) || decisive.includes(fact)).map((fact) => ({
    kind: fact.witness,
    source: fact.source,
    time: formatTimeOrNull(fact.atUs),
    text: printable(sayFact(fact)).slice(0, MAX_TEXT),
    weight: decisive.includes(fact) ? 'decisive' : 'context',
  }));
}

const STOP_KINDS: ReadonlySet<string> = new Set(['stop-request', 'eviction', 'preemption', 'node-shutdown', 'pod-deletion', 'userspace-kill', 'signal-sent', 'fault']);

function sayFact(fact: WitnessFact): string {
  switch (fact.kind) {
    case 'stop-request':
      return sayRequest(fact);
    case 'probe-failed':
      return `${fact.probe} probe failed${fact.detail === null ? '' : `: ${fact.detail}`}`;
    case 'eviction':
      return `evicts the pod${sayLack(fact)}${sayThreshold(fact)}`;
    case 'preemption':
      return `the pod has to make room for a critical one${fact.detail === null ? '' : ` (${fact.detail})`}`;
    case 'node-shutdown':
      return `the node shuts down${fact.gracePeriodMs === null ? '' : `; the pod has ${sayDuration(fact.gracePeriodMs)} to end`}`;
    case 'pod-deletion':
      return 'the pod is deleted';
    case 'userspace-kill':
      return sayUserspaceKill(fact);
    case 'signal-sent':
      return saySignal(fact);
    case 'fault':
      return sayFault(fact);
    case 'shim-gone':
      return `${fact.by} lost the container's shim`;
    default:
      return fact.raw;
  }
}

function sayRequest({ detail, gracePeriodMs, phase, signal }: FactOf<'stop-request'>): string {
  if (detail !== null) return detail;
  if (phase === 'kill') return `sends ${signal ?? 'SIGKILL'}`;
  if (gracePeriodMs === null) return `asks it to end${signal === null ? '' : ` by ${signal}`}`;
  return `asks for its end, with a grace period of ${sayDuration(gracePeriodMs)}`;
}

function sayThreshold({ signal, observedText, thresholdText }: FactOf<'eviction'>): string {
  const figures = observedText === null || thresholdText === null ? [] : [`available ${observedText}, threshold ${thresholdText}`];
  const said = [...(signal === null ? [] : [signal]), ...figures];
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

/** That an end was asked for, and that this exit came before the time for it was over. */
export function sayWithin(stop: Stop, one: Case): string {
  const ago = sayDuration(Math.max(0, one.finishedUs - stop.askedUs) / MS);
  const left = stop.dueUs === null ? '' : `, with ${sayDuration(Math.max(0, stop.dueUs - one.finishedUs) / MS)} of its grace period left`;
  return `${sayStop(stop)} ${ago} earlier${left}`;
}
