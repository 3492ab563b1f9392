import type { Said } from '../witness.ts';
import { cgroupRemoved, exited, nodeShutdown, podDeleted, preempted, probeFailed, reasoned, stopped } from './said.ts';
import { podsOf, subjectOf, type Values } from './subject.ts';

type Reader = (values: Values) => readonly Said[];

/** What kubelet says since 1.21, by its message. Evictions are told by several lines: eviction.ts. To add one, add a row. */
const MESSAGES: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  // -v=2, and what it means to send then: after the preStop hook, with the time that is left.
  ['Killing container with a grace period', (values) => [stopped(subjectOf(values), values['gracePeriod'])]],
  ['Message for Container of pod', (values) => [reasoned(subjectOf(values), values['containerMessage'] ?? '')]],
  ['Probe failed', (values) => probeFailed(subjectOf(values), values['probeType'], values['output'])],
  ['Probe errored', (values) => probeFailed(subjectOf(values), values['probeType'], values['err'])],
  ['Shutdown manager killing pod with gracePeriod', (values) => [nodeShutdown(subjectOf(values), values['gracePeriod'])]],
  ['SyncLoop DELETE', deleted],
  // Deleted with force, or a static pod whose file is gone.
  ['SyncLoop REMOVE', deleted],
  ['Failed to delete cgroup paths', (values) => cgroupRemoved(values['cgroupName'])],
  ['Preempting pod to free up resources', (values) => [preempted(subjectOf(values), values['insufficientResources'])]],
  ['Pod evicted successfully', (values) => [preempted(subjectOf(values), undefined)]],
  ['Generic (PLEG): container finished', (values) => exited(subjectOf(values), values['exitCode'])],
  // -v=3: what kubelet tells the API server.
  ['Event occurred', event],
]);

const ATTEMPT = /^Attempting to evict pods\b/;

export function readStructured(text: string, values: Values): readonly Said[] {
  if (ATTEMPT.test(text)) return podsOf(values['pods']).map((pod) => preempted(pod, values['insufficientResources']));
  return MESSAGES.get(text)?.(values) ?? [];
}

function deleted(values: Values): readonly Said[] {
  return podsOf(values['pods']).map(podDeleted);
}

function event(values: Values): readonly Said[] {
  const { kind, reason, message = '' } = values;
  if (kind !== undefined && kind !== 'Pod') return [];
  const about = subjectOf(values);
  if (reason === 'Killing' && / failed (?:liveness|startup) probe/.test(message)) return [reasoned(about, message)];
  if (reason === 'Preempting') return [preempted(about, message)];
  return [];
}
