import type { Subject } from '../../model/witness.ts';

export type Values = Readonly<Record<string, string>>;
export type PodName = Pick<Subject, 'podNamespace' | 'podName'>;

/** Names of Kubernetes are of these characters, and no longer: nothing else is taken for one. */
const PAIR = /([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9.-]{0,252})/;
const OBJECT = /\{"name":"([^"]+)","namespace":"([^"]+)"\}/;
const PLAIN_POD = /([a-z0-9][a-z0-9.-]{0,252})_([a-z0-9][a-z0-9-]{0,62})\(([0-9a-f-]{1,64})\)/;

/** Whom a structured line names by its usual keys. */
export function subjectOf(values: Values): Partial<Subject> {
  return {
    containerId: bareId(values['containerID'] ?? values['containerId'] ?? values['containerStatusID']),
    podUid: uidOf(values['podUID'] ?? values['podID']),
    ...podOf(values['pod'] ?? values['object']),
    containerName: nameOf(values['containerName']) ?? containerOfPath(values['fieldPath']),
  };
}

/** `ns/name`, or JSON's `{"name":…,"namespace":…}`. */
export function podOf(text: string | undefined): PodName {
  const [first] = podsOf(text);
  return first ?? { podNamespace: null, podName: null };
}

/**
 * `["ns/a","ns/b"]`, `[ns/a ns/b]`, JSON's `[{"name":…,"namespace":…}]`, or (1.21) `a_ns(uid), b_ns(uid)`; of whole pods, as
 * preemption lists them up to 1.23, the first: what the rest says is of their owners' choosing.
 */
export function podsOf(text: string | undefined): readonly (PodName & Partial<Subject>)[] {
  if (text === undefined) return [];
  const whole = wholePod(text);
  if (whole) return [whole];
  if (isListOf(OBJECT, text)) return [...text.matchAll(new RegExp(OBJECT, 'g'))].map(([, podName = null, podNamespace = null]) => ({ podNamespace, podName }));
  if (isListOf(PAIR, text)) return [...text.matchAll(new RegExp(PAIR, 'g'))].map(([, podNamespace = null, podName = null]) => ({ podNamespace, podName }));
  return isListOf(PLAIN_POD, text) ? plainPods(text) : [];
}

/** Items and what stands between them, and nothing else. */
function isListOf(item: RegExp, text: string): boolean {
  return /^[\s,"[\]]*$/.test(text.replace(new RegExp(item, 'g'), ''));
}

/** Go's print of a whole pod: name, generateName, namespace, selfLink, uid … */
export function wholePod(text: string): Pick<Subject, 'podName' | 'podNamespace' | 'podUid'> | null {
  const m = /^\[&Pod\{ObjectMeta:\{([a-z0-9.-]+) [a-z0-9.-]* ([a-z0-9-]+) \S* ([0-9a-f-]{36}) /.exec(text);
  return m ? { podName: m[1] ?? null, podNamespace: m[2] ?? null, podUid: m[3] ?? null } : null;
}

/** `name_namespace(uid)`, as plain text names pods. */
export function plainPods(text: string): readonly (PodName & Partial<Subject>)[] {
  return [...text.matchAll(new RegExp(PLAIN_POD, 'g'))].map(([, podName = null, podNamespace = null, uid]) => ({ podNamespace, podName, podUid: uidOf(uid) }));
}

/** `containerd://<id>`, `{Type:containerd ID:<id>}`, `{"Type":"containerd","ID":"<id>"}`, `{"containerd" "<id>"}`, or the id alone. */
export function bareId(text: string | undefined): string | null {
  if (text === undefined) return null;
  return /^(?:[\w.-]+:\/\/)?([0-9A-Za-z_.-]+)$/.exec(text)?.[1] ?? /^\{.*?[":\s]([0-9a-f]{64})"?\}$/.exec(text)?.[1] ?? null;
}

function uidOf(text: string | undefined): string | null {
  return text !== undefined && /^[0-9a-f-]{8,64}$/.test(text) ? text : null;
}

function nameOf(text: string | undefined): string | null {
  return text !== undefined && /^[a-z0-9][a-z0-9.-]*$/.test(text) ? text : null;
}

/** `spec.containers{app}`: of whom an Event is. */
function containerOfPath(path: string | undefined): string | null {
  return /^spec\.(?:initContainers|containers|ephemeralContainers)\{([^}]+)\}$/.exec(path ?? '')?.[1] ?? null;
}
