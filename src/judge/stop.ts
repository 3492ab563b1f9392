import { MINUTE, MS, SECOND, type Micros } from '../lib/time.ts';
import type { Cause } from '../model/cause.ts';
import { kubeletPatienceUs } from '../model/kubelet-patience.ts';
import { factsOf, type FactOf, type StopReason, type WitnessFact } from '../model/witness.ts';
import type { Case } from './case.ts';

type Request = FactOf<'stop-request'> | FactOf<'node-shutdown'>;
type Reason = FactOf<'stop-request'> | FactOf<'node-shutdown'> | FactOf<'eviction'> | FactOf<'preemption'> | FactOf<'pod-deletion'>;

/** That somebody asked for the container's end: how long it was given, and why. */
export interface Stop {
  /** Who asked, and when; null where only the reason is told. */
  readonly request: Request | null;
  /** Why, by kubelet's word; null where nobody tells. */
  readonly reason: Reason | null;
  /** Null: why is not told, or is no cause of its own. */
  readonly cause: Cause | null;
  readonly askedUs: Micros;
  /** When SIGKILL is due; null where the grace period is not told. */
  readonly dueUs: Micros | null;
  /** How well it is proven, the weakest link of it. */
  readonly proven: boolean;
}

/** Two clocks in one node's programs agree but for this. */
const CLOCK_US = 50 * MS;
/** From SIGKILL to the end of a process that has much to give back. */
const SOON_US = 15 * SECOND;
/** A busy runtime sends it late. */
const LATE_US = MINUTE;
/** Where it is told that it was sent, or to whom no time was given: so long a process may take. */
const LONG_US = 5 * MINUTE;
/** Requests of kubelet and of its runtime that are one. */
const SAME_US = 2 * SECOND;

const CAUSES: Partial<Record<StopReason, Cause>> = {
  'liveness-probe': 'liveness-probe',
  'startup-probe': 'startup-probe',
  eviction: 'eviction',
  preemption: 'preemption',
  'node-shutdown': 'node-shutdown',
  'pod-deletion': 'pod-deletion',
};

/** Every request that this container should end, oldest first. */
export function stopsOf(one: Case): readonly Stop[] {
  const told = factsOf(one.witness, 'stop-request', 'node-shutdown', 'eviction', 'preemption', 'pod-deletion').filter(hasTime);
  const requests = told.filter(isRequest);
  const reasons = told.filter(isReason);
  const stops = requests.filter((request) => !isEcho(request, requests)).map((request) => made(request, reasonOf(request, reasons)));
  if (stops.length > 0) return stops;
  // kubelet tells of evictions and preemptions at every level of logging, of the request itself from -v=2 on.
  const reason = reasons.findLast((fact) => isAfterwards(fact) && fact.atUs <= one.finishedUs + SOON_US && fact.atUs >= one.finishedUs - LONG_US);
  return reason ? [made(null, reason)] : [];
}

/** The stop whose SIGKILL this end is: it came when the grace period was over, and not before. `exact`: by any reading of the stamps, and soon. */
export function stopDueAt(one: Case, stops: readonly Stop[]): { readonly stop: Stop; readonly exact: boolean } | null {
  const { finishedUs } = one;
  const due = stops.filter((stop) => stop.dueUs !== null && finishedUs >= stop.dueUs - inexact(stop, finishedUs) && finishedUs <= stop.dueUs + (isSent(stop) ? LONG_US : LATE_US));
  // The request with its time tells more than the runtime's word that it kills now.
  const stop = due.find(({ request }) => request?.gracePeriodMs != null) ?? due[0];
  if (!stop) return null;
  const dueUs = stop.dueUs ?? 0;
  const earliestUs = finishedUs - (one.exit.finishedWithinMs ?? 0) * MS;
  return { stop, exact: earliestUs >= dueUs - CLOCK_US + cutBy(stop.askedUs) && finishedUs <= dueUs + SOON_US };
}

/** The stop that was asked for, by this signal where one is given and told, and whose grace period was not over yet. */
export function stopBefore(one: Case, stops: readonly Stop[], signal: string | null = null): Stop | null {
  const { finishedUs } = one;
  return (
    stops.findLast((stop) => {
      const asked = stop.request?.kind === 'stop-request' ? stop.request.signal : null;
      if (signal !== null && asked !== null && asked !== signal) return false;
      return stop.askedUs <= finishedUs + inexact(stop, finishedUs) && finishedUs <= (stop.dueUs === null ? stop.askedUs + LONG_US : stop.dueUs + SOON_US);
    }) ?? null
  );
}

/** Who asked says that SIGKILL is sent now. */
function isSent({ request }: Stop): boolean {
  return request?.kind === 'stop-request' && request.phase === 'kill';
}

/** By so much may an end seem to be early. */
function inexact({ askedUs }: Stop, finishedUs: Micros): Micros {
  return CLOCK_US + cutBy(askedUs) + cutBy(finishedUs);
}

/** A stamp of whole seconds was cut to them. */
function cutBy(at: Micros): Micros {
  return at % SECOND === 0 ? SECOND : 0;
}

function made(request: (Request & Timed) | null, reason: (Reason & Timed) | null): Stop {
  const askedUs = request?.atUs ?? reason?.atUs ?? 0;
  const proven = [request, reason].every((fact) => fact?.trust !== 'text');
  return { request, reason, cause: causeOf(reason), askedUs, dueUs: dueOf(request, askedUs), proven };
}

/** Null where SIGKILL was not asked for yet, and nobody says when it will be. */
function dueOf(request: Request | null, askedUs: Micros): Micros | null {
  if (request === null) return null;
  if (request.gracePeriodMs === null && request.kind === 'stop-request' && request.phase === 'stop') return null;
  return askedUs + (request.gracePeriodMs ?? 0) * MS;
}

function causeOf(reason: Reason | null): Cause | null {
  if (reason === null) return null;
  return reason.kind === 'stop-request' ? (CAUSES[reason.reason] ?? null) : reason.kind;
}

interface Timed {
  readonly atUs: Micros;
}

function hasTime<F extends WitnessFact>(fact: F): fact is F & Timed {
  return fact.atUs !== null;
}

/** Somebody asked, and says for how long it waits; a kill is asked for at once. */
function isRequest<F extends Reason>(fact: F): fact is F & Request {
  if (fact.kind === 'node-shutdown') return fact.gracePeriodMs !== null;
  return fact.kind === 'stop-request' && (fact.gracePeriodMs !== null || fact.phase === 'kill' || isByEngine(fact));
}

/** Docker Engine and podman tell of each signal that they were asked to send, but not how long they wait for the next. */
function isByEngine({ by, signal }: FactOf<'stop-request'>): boolean {
  return (by === 'docker' || by === 'podman') && signal !== null;
}

function isReason(fact: Reason): boolean {
  return fact.kind !== 'stop-request' || fact.reason !== 'unknown';
}

/** A request that repeats another: the shutdown manager's that kubelet then makes, kubelet's that the runtime then logs. */
function isEcho(request: Request & Timed, all: readonly (Request & Timed)[]): boolean {
  if (request.kind === 'node-shutdown') return all.some((other) => other.kind === 'stop-request');
  if (request.by === 'kubelet' || request.phase === 'kill') return false;
  return all.some((other) => other.kind === 'stop-request' && other.by === 'kubelet' && Math.abs(other.atUs - request.atUs) <= SAME_US);
}

/** The last reason that was given before the request; kubelet tells of evictions and preemptions when they are done. */
function reasonOf(request: Request & Timed, reasons: readonly (Reason & Timed)[]): (Reason & Timed) | null {
  const before = reasons.findLast(({ atUs }) => atUs <= request.atUs + CLOCK_US);
  return before ?? reasons.find((fact) => isAfterwards(fact) && fact.atUs <= request.atUs + kubeletPatienceUs(request.gracePeriodMs) + SOON_US) ?? null;
}

function isAfterwards({ kind }: Reason): boolean {
  return kind === 'eviction' || kind === 'preemption';
}
