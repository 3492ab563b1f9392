import { SECOND, type Micros } from '../../lib/time.ts';
import type { Subject } from '../../model/witness.ts';
import type { Said } from '../witness.ts';
import type { KlogLine } from './klog.ts';
import { plainPods, podsOf, subjectOf } from './subject.ts';

/** Resources that stand for one signal alone. */
const SIGNALS: Readonly<Record<string, string>> = { memory: 'memory.available', pids: 'pid.available' };
/** What a node is short of, by its condition. */
const CONDITIONS: Readonly<Record<string, string>> = { MemoryPressure: 'memory', PIDPressure: 'pids' };
/** From the ranking to the first container's end kubelet takes no longer. */
const RANKED_US = 10 * SECOND;
const MAX_DETAIL = 600;

/**
 * kubelet's eviction manager tells an eviction in several lines: what it lacks, the pods in the order of their turn,
 * those that it may not evict, and (when the pod is gone, or has not gone) its success. Remembers what came before.
 * A kubelet that was restarted on a node under pressure admits its running pods anew, or ends them with the same reason.
 */
export class Evictions {
  #resource: string | null = null;
  #ranked: readonly Partial<Subject>[] = [];
  #rankedUs: Micros | null = null;

  /** What the line says of an eviction; null where it is none of the eviction manager's lines. */
  read(line: KlogLine, atUs: Micros | null): readonly Said[] | null {
    const said = line.values === null ? plainWords(line.text) : structuredWords(line.text, line.values);
    if (said === null) return null;
    switch (said.what) {
      case 'reclaim':
        this.#resource = said.resource;
        return [];
      case 'ranked':
        this.#ranked = said.pods;
        this.#rankedUs = atUs;
        return [];
      case 'spared':
        this.#ranked = this.#ranked.filter((pod) => pod.podName !== said.pod.podName || pod.podNamespace !== said.pod.podNamespace);
        return [];
      case 'evicted':
        return [eviction(said.pod, said.message, this.#resource)];
      case 'refused':
        return [eviction(said.pod, `not admitted again, for the node has ${said.conditions}`, CONDITIONS[said.conditions] ?? null)];
    }
  }

  /** kubelet begins to stop a container: whose turn it is, is evicted now. Null names a pod that the line does not. */
  stopping(pod: Partial<Subject> | null, atUs: Micros | null): readonly Said[] {
    const [first] = this.#ranked;
    if (!first || atUs === null || this.#rankedUs === null || atUs - this.#rankedUs > RANKED_US) return [];
    if (pod !== null && (pod.podName !== first.podName || pod.podNamespace !== first.podNamespace)) return [];
    this.#ranked = [];
    return [{ ...eviction(first, null, this.#resource), atUs: this.#rankedUs }];
  }
}

type Words =
  | { readonly what: 'reclaim'; readonly resource: string }
  | { readonly what: 'ranked'; readonly pods: readonly Partial<Subject>[] }
  | { readonly what: 'spared'; readonly pod: Partial<Subject> }
  | { readonly what: 'evicted'; readonly pod: Partial<Subject>; readonly message: string | null }
  | { readonly what: 'refused'; readonly pod: Partial<Subject>; readonly conditions: string };

function structuredWords(text: string, values: Readonly<Record<string, string>>): Words | null {
  if (text === 'Evicting pod' || (text === 'Event occurred' && values['reason'] === 'Evicted')) return { what: 'evicted', pod: subjectOf(values), message: values['message'] ?? null };
  if (text === 'Failed to admit pod to node') return refused(subjectOf(values), values['nodeCondition']);
  if (!text.startsWith('Eviction manager: ')) return null;
  if (text.endsWith(' attempting to reclaim')) return { what: 'reclaim', resource: values['resourceName'] ?? '' };
  if (text.endsWith(' pods ranked for eviction')) return { what: 'ranked', pods: podsOf(values['pods']) };
  if (text.endsWith(' cannot evict a critical pod')) return { what: 'spared', pod: subjectOf(values) };
  if (/ pod (?:is )?evicted successfully$| pod failed to evict$/.test(text)) return { what: 'evicted', pod: subjectOf(values), message: null };
  return null;
}

/** `[MemoryPressure]`, `["MemoryPressure"]`. */
function refused(pod: Partial<Subject> | undefined, list: string | undefined): Words | null {
  const conditions = list?.replace(/["[\]]/g, '') ?? '';
  return pod === undefined || !/^[A-Za-z]{1,40}(?:[ ,]+[A-Za-z]{1,40})*$/.test(conditions) ? null : { what: 'refused', pod, conditions };
}

function plainWords(text: string): Words | null {
  const admission = /^Failed to admit pod (\S{1,400}) - node has conditions: (.{1,200})$/s.exec(text);
  if (admission) return refused(plainPods(admission[1] ?? '')[0], admission[2]);
  const words = /^eviction manager: (.*)$/s.exec(text)?.[1];
  if (words === undefined) return null;
  const resource = /^attempting to reclaim ([a-z-]+)/.exec(words)?.[1];
  if (resource !== undefined) return { what: 'reclaim', resource };
  if (words.startsWith('pods ranked for eviction: ')) return { what: 'ranked', pods: plainPods(words) };
  const [pod] = plainPods(words);
  if (!pod) return null;
  if (words.startsWith('cannot evict a critical pod ')) return { what: 'spared', pod };
  return /^pod \S+ (?:(?:is )?evicted successfully|failed to evict)/.test(words) ? { what: 'evicted', pod, message: null } : null;
}

/** `The node was low on resource: memory. Threshold quantity: 750Mi, available: 225800Ki. Container …` */
function eviction(about: Partial<Subject>, message: string | null, lacking: string | null): Said {
  const low = /^The node was low on resource: ([a-z-]+)/.exec(message ?? '')?.[1] ?? null;
  const figures = /Threshold quantity: ([0-9.]+[A-Za-z]*), available: ([0-9.]+[A-Za-z]*)/.exec(message ?? '');
  const limit = message?.includes('exceed') === true && low === null;
  const resource = low ?? (limit ? null : lacking);
  return {
    kind: 'eviction',
    signal: resource === null ? null : (SIGNALS[resource] ?? null),
    resource,
    thresholdText: figures?.[1] ?? null,
    observedText: figures?.[2] ?? null,
    limit,
    detail: message?.slice(0, MAX_DETAIL) ?? null,
    about,
  };
}
