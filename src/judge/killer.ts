import { SECOND, type Micros } from '../lib/time.ts';
import type { Confidence } from '../model/cause.ts';
import { factsOf, type FactOf, type Sender } from '../model/witness.ts';
import type { Case } from './case.ts';
import { isWithin } from './own-cgroup.ts';

export type UserspaceKill = FactOf<'userspace-kill'>;
export type SignalSent = FactOf<'signal-sent'>;

/** From SIGKILL to the end of a process that has much to give back. */
const SIGKILL_US = 30 * SECOND;
/** A program may take its time to end by SIGTERM; the killers wait 10 s. */
export const SIGTERM_US = 15 * SECOND;
/** What a killer logs when it has sent the signal may be stamped later than the end it brought; systemd looks afterwards. */
const AFTER_US = 2 * SECOND;
/** Two clocks of one node. */
const CLOCK_US = SECOND / 2;

/** A kill by a userspace OOM killer, or a signal, that reached PID 1 of this container. */
export interface Reached<F> {
  readonly fact: F;
  readonly signal: string;
  readonly confidence: Confidence;
}

/** What a userspace OOM killer did to PID 1, or to the whole of the container, shortly before the end; the best proven. */
export function userspaceKillOf(one: Case, signals: readonly string[]): Reached<UserspaceKill> | null {
  const found = factsOf(one.witness, 'userspace-kill')
    .filter(({ signal, atUs }) => signal !== null && signals.includes(signal) && isNear(one, atUs, signal === 'SIGTERM' ? SIGTERM_US : SIGKILL_US))
    .flatMap((fact): Reached<UserspaceKill>[] => (reaches(fact, one) ? [{ fact, signal: fact.signal ?? '', confidence: sure(fact, one, 'certain') }] : []));
  return best(found);
}

/** By pid it was PID 1; by cgroup, its own or one around it. Below it, only a part of it was hit. */
function reaches({ about }: UserspaceKill, { exit }: Case): boolean {
  if (about.pid !== null) return about.pid === exit.initPid;
  const { cgroup } = about;
  if (cgroup === null || cgroup === exit.cgroup || !isWithin(cgroup, exit)) return true;
  return isWithin(`/${cgroup.split('/').at(-1) ?? ''}`, { containerId: exit.containerId, cgroup: null });
}

/** The signal that another process sent to PID 1 and that could end it, shortly before the end; the best proven. */
export function signalTo(one: Case, signal: string, withinUs: Micros = SIGKILL_US): Reached<SignalSent> | null {
  const found = factsOf(one.witness, 'signal-sent')
    .filter((fact) => fact.signal === signal && fact.success && fact.about.pid === one.exit.initPid && !(signal === 'SIGKILL' && isFromInside(fact)) && isNear(one, fact.atUs, withinUs, afterUs(one)))
    .map((fact): Reached<SignalSent> => ({ fact, signal, confidence: sure(fact, one, atBest(fact)) }));
  return best(found);
}

/** The sender called it 1, or its own group: from within its namespace PID 1 does not get SIGKILL, whatever the call returns. */
export function isFromInside({ named, about }: SignalSent): boolean {
  return (named === 1 || named === 0) && about.pid !== 1;
}

/** By the host's number: its namespace is the host's. By another: one around the container's. By none: not known. */
function atBest({ named, about }: SignalSent): Confidence {
  if (named === null) return 'possible';
  return Math.abs(named) === about.pid ? 'certain' : 'likely';
}

/** The kernel stamps a signal as it is sent: one after the end ended nobody. A time of whole seconds was cut to them. */
function afterUs({ finishedUs }: Case): Micros {
  return CLOCK_US + (finishedUs % SECOND === 0 ? SECOND : 0);
}

function isNear({ startedUs, finishedUs }: Case, atUs: Micros | null, withinUs: Micros, after = AFTER_US): boolean {
  if (atUs === null || atUs > finishedUs + after || atUs < finishedUs - withinUs) return false;
  return startedUs === null || atUs >= startedUs - CLOCK_US;
}

/** Certain: proven who wrote it, and while PID 1 lived, so that its number was nobody else's. */
function sure(fact: UserspaceKill | SignalSent, { startedUs, finishedUs }: Case, most: Confidence): Confidence {
  const named = fact.about.pid === null;
  const alive = named || (fact.atUs !== null && startedUs !== null && fact.atUs >= startedUs && fact.atUs <= finishedUs + CLOCK_US);
  return most !== 'certain' || (fact.trust !== 'text' && alive) ? most : 'likely';
}

function best<F extends UserspaceKill | SignalSent>(found: readonly Reached<F>[]): Reached<F> | null {
  const certain = found.filter(({ confidence }) => confidence === 'certain');
  const among = certain.length > 0 ? certain : found;
  // Of two that are as good, the one that tells why.
  return among.findLast(({ fact }) => fact.kind === 'userspace-kill' && fact.reason !== null) ?? among.at(-1) ?? null;
}

/** Programs that end containers because they are asked to. */
const RUNTIMES: ReadonlySet<string> = new Set(['runc', 'crun', 'youki', 'kata-runtime', 'runsc', 'containerd', 'containerd-shim', 'containerd-shim-runc-v1', 'containerd-shim-runc-v2', 'containerd-shim-kata-v2', 'containerd-shim-runsc-v1', 'dockerd', 'cri-dockerd', 'crio', 'conmon', 'conmonrs', 'podman', 'buildah', 'kubelet', 'hyperkube', 'kubelite', 'k0s', 'k3s', 'rke2']);
/** nohang is a program of Python's: it is told by its name. */
const KILLERS: ReadonlySet<string> = new Set(['earlyoom', 'systemd-oomd', 'oomd', 'nohang']);

/** What the sender is by its executable. */
export function isRuntime({ exe }: Sender): boolean {
  return RUNTIMES.has(nameOf(exe));
}

export function isOomKiller({ exe, comm }: Sender): boolean {
  return KILLERS.has(nameOf(exe)) || (comm !== null && KILLERS.has(comm) && /^python3?/.test(nameOf(exe)));
}

function nameOf(exe: string | null): string {
  return (exe ?? '').replace(/ \(deleted\)$/, '').split('/').at(-1) ?? '';
}
