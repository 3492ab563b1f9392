import type { Said } from '../witness.ts';
import { cgroupRemoved, nodeShutdown, podDeleted, preempted, probeFailed, reasoned, stopped } from './said.ts';
import { bareId, plainPods, wholePod } from './subject.ts';

interface Row {
  readonly pattern: RegExp;
  readonly read: (m: RegExpExecArray) => readonly Said[];
}

const firstPod = (text: string | undefined) => plainPods(text ?? '')[0] ?? {};

/** What kubelet says up to 1.20, in plain text. To add one, add a row. */
const ROWS: readonly Row[] = [
  {
    pattern: /^Killing container "([^"]+)" with (?:a )?(\d+) second grace period/,
    read: (m) => [stopped({ containerId: bareId(m[1]) }, m[2])],
  },
  {
    // Container "app" ({"containerd" "<id>"}) of pod name_ns(uid): Container app failed liveness probe, will be restarted
    pattern: /^Container "([a-z0-9.-]+)" \((.*?)\) of pod (\S+): (.*)$/s,
    read: (m) => [reasoned({ ...firstPod(m[3]), containerName: m[1] ?? null, containerId: bareId((m[2] ?? '').replace(/^"(.*)"$/, '$1').replaceAll('\\"', '"')) }, m[4] ?? '')],
  },
  {
    // What the probe printed may begin with a newline, and follow in records of its own; journald cuts trailing blanks.
    pattern: /^(Liveness|Startup|Readiness) probe for "(\S+\)):([a-z0-9.-]+)" (?:failed \([a-z]+\)|errored):(?: (.*))?$/s,
    read: (m) => probeFailed({ ...firstPod(m[2]), containerName: m[3] ?? null }, m[1], m[4]),
  },
  {
    pattern: /^Shutdown manager killing pod "(\S+)" with gracePeriod: (\d+) seconds/,
    read: (m) => [nodeShutdown(firstPod(m[1]), m[2])],
  },
  { pattern: /^SyncLoop \((?:DELETE|REMOVE), "[a-z]+"\): "(.*)"/, read: (m) => plainPods(m[1] ?? '').map(podDeleted) },
  { pattern: /^failed to delete cgroup paths for (\[[^\]]{1,400}\]) : /, read: (m) => cgroupRemoved(m[1]) },
  {
    pattern: /^preemption: attempting to evict pods (\[&Pod\{.*)$/s,
    read: (m) => {
      const pod = wholePod(m[1] ?? '');
      return pod === null ? [] : [preempted(pod, undefined)];
    },
  },
  // It fails when the pod takes longer to end than kubelet waits; it ends all the same.
  { pattern: /^preemption: pod (\S+) (?:evicted successfully|failed to evict)/, read: (m) => [preempted(firstPod(m[1]), undefined)] },
];

export function readPlain(text: string): readonly Said[] {
  for (const { pattern, read } of ROWS) {
    const m = pattern.exec(text);
    if (m) return read(m);
  }
  return [];
}
