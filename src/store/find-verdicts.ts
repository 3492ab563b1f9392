import type { Verdict } from '../model/verdict.ts';

/** Ids as `kubectl` prints them begin with the runtime's name. */
const RUNTIME_PREFIX = /^[a-z-]+:\/\//;

/**
 * The verdicts of the one container that an id, a container id or a prefix of either names, in the given order;
 * an exact id wins over a prefix.
 */
export function byId(verdicts: Iterable<Verdict>, given: string): readonly Verdict[] | 'ambiguous' {
  const id = given.replace(RUNTIME_PREFIX, '');
  if (id === '') return [];
  const exact: Verdict[] = [];
  const prefixed: Verdict[] = [];
  for (const verdict of verdicts) {
    const { containerId } = verdict.container;
    if (verdict.id === id) return [verdict];
    if (containerId === id) exact.push(verdict);
    else if (containerId.startsWith(id) || verdict.id.startsWith(id)) prefixed.push(verdict);
  }
  if (exact.length > 0) return exact;
  return new Set(prefixed.map((verdict) => verdict.container.containerId)).size > 1 ? 'ambiguous' : prefixed;
}

/** The verdicts that `namespace/pod`, `namespace/pod/container`, a pod's name or an id names, in the given order. */
export function byTarget(verdicts: Iterable<Verdict>, target: string): readonly Verdict[] | 'ambiguous' {
  const all = [...verdicts];
  const [first = '', pod, container, ...rest] = target.replace(RUNTIME_PREFIX, '').split('/');
  if (pod === undefined) {
    const ofPod = all.filter((verdict) => verdict.container.podName === first);
    if (ofPod.length > 0) return ofPod;
    const found = byId(all, first);
    // Outside of Kubernetes a container's name is its own, unless another's id is meant.
    return found.length > 0 ? found : all.filter(({ container: c }) => c.podName === null && c.podUid === null && c.containerName === first);
  }
  if (rest.length > 0) return [];
  return all.filter(
    ({ container: c }) =>
      c.podNamespace === first && c.podName === pod && (container === undefined || c.containerName === container),
  );
}
