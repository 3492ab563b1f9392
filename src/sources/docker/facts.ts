import { MS, SECOND, type Micros } from '../../lib/time.ts';
import { NOBODY, type WitnessFact, type WitnessTold } from '../../model/witness.ts';
import type { EngineEvent } from './event.ts';

/** Signals that ask for an end, as Linux numbers them on every architecture. */
const ENDING: Readonly<Record<string, string>> = { '2': 'SIGINT', '3': 'SIGQUIT', '6': 'SIGABRT', '9': 'SIGKILL', '15': 'SIGTERM' };
/** podman 4 does not say which signal it was asked to send: an end by SIGKILL so soon after tells. */
const SOON: Micros = 2 * SECOND;

type Runtime = 'docker' | 'podman';

/** A signal by its number or name, `SIGTERM`; null when it is no signal that asks for an end. */
export function endingSignal(text: string | number | null | undefined): string | null {
  if (text == null) return null;
  const upper = String(text).toUpperCase();
  const byNumber = ENDING[upper];
  if (byNumber !== undefined) return byNumber;
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return Object.values(ENDING).includes(name) ? name : null;
}

export function oomFact(runtime: Runtime, source: string, event: EngineEvent): WitnessFact {
  return fact(runtime, source, event, { kind: 'oom-event', by: runtime }, 'oom');
}

/**
 * That the engine was asked to send a signal; null for one that asks for no end (a reload by SIGHUP), unless it is the
 * signal by which this container is stopped.
 */
export function killFact(runtime: Runtime, source: string, event: EngineEvent, stopSignal: string | number | null): WitnessFact | null {
  const sent = event.attributes['signal'];
  if (sent === undefined) return null;
  const isStop = stopSignal !== null && sameSignal(stopSignal, sent);
  const signal = endingSignal(sent) ?? (isStop ? `signal ${sent.slice(0, 16)}` : null);
  if (signal === null) return null;
  const kill = signal === 'SIGKILL';
  const told: WitnessTold = { kind: 'stop-request', by: runtime, reason: 'unknown', phase: kill ? 'kill' : 'stop', gracePeriodMs: null, signal, detail: null };
  return fact(runtime, source, event, told, `kill, signal ${signal}`);
}

/** podman's `kill` without signal, once the end is known: only an end by SIGKILL at that moment says which it was. */
export function unnamedKillFact(runtime: Runtime, source: string, event: EngineEvent, endedUs: Micros, exitCode: number): WitnessFact | null {
  const lateUs = endedUs - event.time;
  // The end is stamped by the coarse clock of a file system.
  if (exitCode !== 137 || lateUs < -50 * MS || lateUs > SOON) return null;
  const detail = `kill was asked of ${runtime}, which does not say by which signal; the end by SIGKILL came within ${String(SOON / SECOND)} s`;
  const told: WitnessTold = { kind: 'stop-request', by: runtime, reason: 'unknown', phase: 'kill', gracePeriodMs: null, signal: null, detail };
  return fact(runtime, source, event, told, 'kill');
}

function sameSignal(one: string | number, sent: string): boolean {
  const numberOf: Readonly<Record<string, string>> = { SIGHUP: '1', SIGUSR1: '10', SIGUSR2: '12', SIGWINCH: '28' };
  const upper = String(one).toUpperCase();
  const name = /^\d/.test(upper) ? upper : upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return name === sent || numberOf[name] === sent || endingSignal(name) === endingSignal(sent);
}

function fact(witness: Runtime, source: string, { id, time }: EngineEvent, told: WitnessTold, raw: string): WitnessFact {
  return { ...told, atUs: time, witness, source, trust: 'api', about: { ...NOBODY, containerId: id }, raw };
}
