import type { Subject } from '../../model/witness.ts';
import type { KlogLine } from './klog.ts';
import { plainPods, podsOf, subjectOf } from './subject.ts';

/** What one line of the eviction manager says. */
export type EvictionWords =
  | { readonly what: 'reclaim'; readonly resource: string }
  | { readonly what: 'ranked'; readonly pods: readonly Partial<Subject>[] }
  | { readonly what: 'spared'; readonly pod: Partial<Subject> }
  /** Whatever the node lacked, no pod is evicted for it this time. */
  | { readonly what: 'nobody' }
  | { readonly what: 'evicted'; readonly pod: Partial<Subject>; readonly message: string | null }
  | { readonly what: 'refused'; readonly pod: Partial<Subject>; readonly conditions: string };

const NOBODY = /^(?:able to reduce |eviction thresholds have been met, but no pods |unable to evict any pods |no ranking function )/;

/** Null where it is none of the eviction manager's lines. */
export function evictionWords({ text, values }: KlogLine): EvictionWords | null {
  return values === null ? plainWords(text) : structuredWords(text, values);
}

function structuredWords(text: string, values: Readonly<Record<string, string>>): EvictionWords | null {
  if (text === 'Evicting pod' || (text === 'Event occurred' && values['reason'] === 'Evicted')) return { what: 'evicted', pod: subjectOf(values), message: values['message'] ?? null };
  if (text === 'Failed to admit pod to node') return refused(subjectOf(values), values['nodeCondition']);
  const words = /^Eviction manager: (.*)$/s.exec(text)?.[1];
  if (words === undefined) return null;
  if (words.endsWith('attempting to reclaim')) return { what: 'reclaim', resource: values['resourceName'] ?? '' };
  if (words.endsWith('pods ranked for eviction')) return { what: 'ranked', pods: podsOf(values['pods']) };
  if (words.endsWith('cannot evict a critical pod')) return { what: 'spared', pod: subjectOf(values) };
  if (NOBODY.test(words)) return { what: 'nobody' };
  return /^pod (?:is )?evicted successfully$|^pod failed to evict$/.test(words) ? { what: 'evicted', pod: subjectOf(values), message: null } : null;
}

/** `[MemoryPressure]`, `["MemoryPressure"]`. */
function refused(pod: Partial<Subject> | undefined, list: string | undefined): EvictionWords | null {
  const conditions = list?.replace(/["[\]]/g, '') ?? '';
  return pod === undefined || !/^[A-Za-z]{1,40}(?:[ ,]+[A-Za-z]{1,40})*$/.test(conditions) ? null : { what: 'refused', pod, conditions };
}

function plainWords(text: string): EvictionWords | null {
  const admission = /^Failed to admit pod (\S{1,400}) - node has conditions: (.{1,200})$/s.exec(text);
  if (admission) return refused(plainPods(admission[1] ?? '')[0], admission[2]);
  const words = /^eviction manager: (.*)$/s.exec(text)?.[1];
  if (words === undefined) return null;
  const resource = /^attempting to reclaim ([a-z-]+)/.exec(words)?.[1];
  if (resource !== undefined) return { what: 'reclaim', resource };
  if (NOBODY.test(words)) return { what: 'nobody' };
  if (words.startsWith('pods ranked for eviction: ')) return { what: 'ranked', pods: plainPods(words) };
  const [pod] = plainPods(words);
  if (!pod) return null;
  if (words.startsWith('cannot evict a critical pod ')) return { what: 'spared', pod };
  return /^pod \S+ (?:(?:is )?evicted successfully|failed to evict)/.test(words) ? { what: 'evicted', pod, message: null } : null;
}
