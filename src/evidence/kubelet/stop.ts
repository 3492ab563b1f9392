import type { Subject } from '../../model/witness.ts';
import type { Said } from '../witness.ts';
import type { KlogLine } from './klog.ts';

/** `"Killing container with a grace period" pod="ns/name" podUID="…" containerName="app" containerID="containerd://…" gracePeriod=30`. */
const STRUCTURED = 'Killing container with a grace period';
/** `Killing container "containerd://…" with a 30 second grace period`. */
const PLAIN = /^Killing container "([^"]+)" with (?:a )?(\d+) second grace period/;

export function readStop(line: KlogLine): readonly Said[] {
  const { text, values } = line;
  if (values === null) {
    const plain = PLAIN.exec(text);
    return plain ? [stop({ containerId: bareId(plain[1]) }, Number(plain[2]))] : [];
  }
  if (!text.startsWith(STRUCTURED)) return [];
  const grace = values['gracePeriod'];
  return [stop(subjectOf(values), grace !== undefined && /^\d{1,9}$/.test(grace) ? Number(grace) : null)];
}

function stop(about: Partial<Subject>, graceSeconds: number | null): Said {
  return { kind: 'stop-request', by: 'kubelet', reason: 'unknown', phase: 'stop', gracePeriodMs: graceSeconds === null ? null : graceSeconds * 1_000, signal: 'SIGTERM', detail: null, about };
}

/** Whom a structured line names. */
export function subjectOf(values: Readonly<Record<string, string>>): Partial<Subject> {
  const pod = podOf(values['pod']);
  return {
    containerId: bareId(values['containerID'] ?? values['containerId']),
    podUid: values['podUID'] ?? null,
    ...pod,
    containerName: values['containerName'] ?? null,
  };
}

/** `ns/name`, or JSON's `{"name":…,"namespace":…}`. */
function podOf(text: string | undefined): Pick<Subject, 'podNamespace' | 'podName'> {
  const plain = /^([^/\s{}"]+)\/([^/\s{}"]+)$/.exec(text ?? '');
  if (plain) return { podNamespace: plain[1] ?? null, podName: plain[2] ?? null };
  const name = /"name":"([^"]+)"/.exec(text ?? '')?.[1] ?? null;
  const namespace = /"namespace":"([^"]+)"/.exec(text ?? '')?.[1] ?? null;
  return { podNamespace: name === null ? null : namespace, podName: namespace === null ? null : name };
}

/** `containerd://<id>`, `{Type:containerd ID:<id>}`, `{"Type":"containerd","ID":"<id>"}`, or the id alone. */
export function bareId(text: string | undefined): string | null {
  const id = /^(?:[\w.-]+:\/\/)?([0-9A-Za-z_.-]+)$/.exec(text ?? '')?.[1] ?? /\bID"?:"?([0-9A-Za-z_.-]+)/.exec(text ?? '')?.[1];
  return id ?? null;
}
