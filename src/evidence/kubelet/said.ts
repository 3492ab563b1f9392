import type { StopReason, Subject } from '../../model/witness.ts';
import type { Said } from '../witness.ts';

const MAX_DETAIL = 400;

/** kubelet asks the runtime to stop a container. */
export function stopped(about: Partial<Subject>, seconds: string | undefined): Said {
  return { kind: 'stop-request', by: 'kubelet', reason: 'unknown', phase: 'stop', gracePeriodMs: graceMs(seconds), signal: null, detail: null, about };
}

/** kubelet removes the cgroup of a pod that it is done with, and kills what is left in it before; it tells where that failed. */
export function cgroupRemoved(cgroup: string | undefined): readonly Said[] {
  const podUid = /[ "]pod([0-9a-f-]{8,64})"?\]$/.exec(cgroup ?? '')?.[1];
  if (podUid === undefined) return [];
  return [{ kind: 'stop-request', by: 'kubelet', reason: 'unknown', phase: 'kill', gracePeriodMs: null, signal: 'SIGKILL', detail: "removes the pod's cgroup, and kills what is left in it", about: { podUid } }];
}

/** Why kubelet is about to stop a container: `Container app failed liveness probe, will be restarted`. */
export function reasoned(about: Partial<Subject>, message: string): Said {
  return { kind: 'stop-request', by: 'kubelet', reason: reasonOf(message), phase: 'stop', gracePeriodMs: null, signal: null, detail: message.slice(0, MAX_DETAIL), about };
}

export function probeFailed(about: Partial<Subject>, probe: string | undefined, output: string | undefined): readonly Said[] {
  const name = (probe ?? '').toLowerCase();
  if (name !== 'liveness' && name !== 'startup' && name !== 'readiness') return [];
  return [{ kind: 'probe-failed', probe: name, detail: detail(output), about }];
}

export function nodeShutdown(about: Partial<Subject>, seconds: string | undefined): Said {
  return { kind: 'node-shutdown', gracePeriodMs: graceMs(seconds), detail: null, about };
}

export function podDeleted(about: Partial<Subject>): Said {
  return { kind: 'pod-deletion', gracePeriodMs: null, detail: null, about };
}

export function preempted(about: Partial<Subject>, words: string | undefined): Said {
  return { kind: 'preemption', detail: detail(words), about };
}

export function exited(about: Partial<Subject>, code: string | undefined): readonly Said[] {
  if (code === undefined || !/^-?\d{1,9}$/.test(code)) return [];
  return [{ kind: 'exit', by: 'kubelet', exitCode: Number(code), runtime: null, about }];
}

function reasonOf(message: string): StopReason {
  const probe = /^(?:Init c|C)ontainer [a-z0-9.-]+ failed (liveness|startup) probe(?:[,.]|$)/.exec(message)?.[1] ?? (message.startsWith('Container failed liveness probe') ? 'liveness' : undefined);
  if (probe === 'liveness') return 'liveness-probe';
  if (probe === 'startup') return 'startup-probe';
  return / definition changed|will be restarted|spec hash changed| resize requires restart/.test(message) ? 'restart' : 'other';
}

function graceMs(seconds: string | undefined): number | null {
  return seconds !== undefined && /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1_000 : null;
}

function detail(text: string | undefined): string | null {
  const words = text?.trim() ?? '';
  return words === '' ? null : words.slice(0, MAX_DETAIL);
}
