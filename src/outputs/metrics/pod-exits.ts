import type { Cause } from '../../model/cause.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { MetricRegistry } from './registry.ts';

/** Pods come and go, and a series is held for as long as the agent runs: only the containers that ended last have one. */
const MAX_CONTAINERS = 100;

interface Held {
  readonly labels: { readonly namespace: string; readonly pod: string; readonly container: string };
  readonly causes: Set<Cause>;
}

/** Counts exits by pod and container (`--metrics-pod-labels on`). */
export function countByPod(registry: MetricRegistry): (verdict: Pick<Verdict, 'container' | 'cause'>) => void {
  /** The one that ended last comes last. */
  const held = new Map<string, Held>();

  return ({ container: { podNamespace, podName, containerName }, cause }) => {
    if (podName === null) return;
    const labels = { namespace: podNamespace ?? '', pod: podName, container: containerName ?? '' };
    const key = Object.values(labels).join('/');
    const one = held.get(key) ?? { labels, causes: new Set<Cause>() };
    held.delete(key);
    held.set(key, one);
    one.causes.add(cause);
    registry.inc('podExits', { ...labels, cause });
    for (const [oldest, { labels: gone, causes }] of held) {
      if (held.size <= MAX_CONTAINERS) break;
      for (const each of causes) registry.remove('podExits', { ...gone, cause: each });
      held.delete(oldest);
    }
  };
}
