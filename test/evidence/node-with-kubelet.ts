import { formatTime, SECOND, type Micros } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { verdictSchema, type Verdict } from '../../src/model/verdict.ts';
import { Pipeline, type PipelineOptions } from '../../src/pipeline.ts';
import { id, T0 } from '../correlate/node.ts';

export const POD = { podName: 'cart-7d9f', podNamespace: 'shop', podUid: '27aff94d-e0d9-43d1-84d6-9ab000aa57e2' };

/** klog's stamp of a moment, in UTC. */
function klogTime(at: Micros): string {
  const text = formatTime(at);
  return `${text.slice(5, 7)}${text.slice(8, 10)} ${text.slice(11, 26)}`;
}

export type Fields = Readonly<Record<string, string>>;

/** A record of the journal. */
export function record(at: Micros, MESSAGE: string, fields: Fields, source = 'units'): SourceEvent {
  return { type: 'journal', source, line: JSON.stringify({ __REALTIME_TIMESTAMP: String(at), __MONOTONIC_TIMESTAMP: '1', _BOOT_ID: 'b', _HOSTNAME: 'node1', MESSAGE, ...fields }) };
}

export const KUBELET: Fields = { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'kubelet.service', _SYSTEMD_CGROUP: '/system.slice/kubelet.service', _COMM: 'kubelet', _PID: '2480' };
export const CONTAINERD: Fields = { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'containerd.service', _SYSTEMD_CGROUP: '/system.slice/containerd.service', _COMM: 'containerd', _PID: '371' };

export const klog = (at: Micros, text: string): string => `I${klogTime(at)}    2480 x.go:1] ${text}`;
/** kubelet's line, come a moment after it was written. */
export const kubelet = (at: Micros, text: string): SourceEvent => record(at + 3_000, klog(at, text), KUBELET);
export const containerd = (at: Micros, msg: string): SourceEvent => record(at + 3_000, `time="${formatTime(at)}" level=info msg=${JSON.stringify(msg)}`, CONTAINERD);

const pod = (name: string): string => `pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="${name}" containerID="containerd://${id(name)}"`;
export const killing = (at: Micros, grace: number, name = 'app'): SourceEvent => kubelet(at, `"Killing container with a grace period" ${pod(name)} gracePeriod=${grace}`);
export const message = (at: Micros, words: string, name = 'app'): SourceEvent =>
  kubelet(at, `"Message for Container of pod" containerName="${name}" containerStatusID={"Type":"containerd","ID":"${id(name)}"} pod="shop/cart-7d9f" containerMessage="${words}"`);

/** A node whose kernel log and units are read. Answers are as of the end. */
export function answers(events: readonly SourceEvent[], sources: readonly { name: string; kind: 'kernel-log' | 'exits' | 'witness' | 'ledger' | 'names'; witness?: 'kubelet' }[] = NODE, more: Pick<PipelineOptions, 'cgroupOf'> = {}): Verdict[] {
  const verdicts = new Map<string, Verdict>();
  const pipeline = new Pipeline({
    ...more,
    settleUs: 3 * SECOND,
    sources: sources.map((one) => ({ ...one, hides: '' })),
    time: { timezone: 'UTC', year: 2026, before: null, bootTimeUs: null },
    output: { verdict: (verdict) => verdicts.set(verdict.id, verdictSchema.parse(verdict)), oomKill: () => undefined, ledgerGap: () => undefined },
  });
  for (const { name, kind } of sources) if (kind !== 'exits') pipeline.hear({ type: 'up', source: name, detail: '' }, T0 - 600 * SECOND);
  if (sources.some(({ name }) => name === 'containerd')) pipeline.hear({ type: 'up', source: 'containerd', detail: '' }, T0 - 600 * SECOND);
  for (const event of events) pipeline.hear(event, T0);
  for (const { name, kind } of sources) if (kind === 'kernel-log' || kind === 'witness') pipeline.hear({ type: 'covered', source: name, from: T0 - 600 * SECOND, to: T0 + SECOND }, T0 + SECOND);
  pipeline.end(T0 + 10 * SECOND);
  return [...verdicts.values()];
}

export const NODE = [{ name: 'journal', kind: 'kernel-log' }, { name: 'units', kind: 'witness' }, { name: 'containerd', kind: 'exits' }] as const;
