import * as z from 'zod/mini';
import { Why137Error } from '../../lib/errors.ts';
import { doc } from '../../model/doc.ts';
import { ambiguous } from './exits.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { Store } from '../../store/store.ts';
import { type Explanation, explanationSchema, MAX_EXPLAINED } from './explanation.ts';
import { route } from './route.ts';

/** Fewer digits than this would rather be a word than the beginning of an id. */
const SHORTEST_ID = 6;

export const explain = route({
  path: '/v1/explain',
  summary: 'Everything known of one pod or container',
  params: z.object({
    target: doc(
      z.string().check(z.minLength(1), z.maxLength(500)),
      'a container id or unique beginning of one, namespace/pod, namespace/pod/container, or the name of a pod',
    ),
  }),
  response: explanationSchema,
  otherStatuses: { 400: 'The target fits several containers', 404: 'Nothing is known of it' },
  handle({ store, containersNamed }, { target }) {
    const verdicts = store.explain(target);
    if (verdicts === 'ambiguous') throw ambiguous('target', target);
    const items = verdicts.slice(0, MAX_EXPLAINED);
    const named = [...new Set(items.flatMap((verdict) => verdict.oomKills))].map((id) => store.oomKill(id));
    const oomKills = items.length > 0 ? named.filter((kill) => kill !== null) : killsIn(store, target, containersNamed(target));
    if (items.length + oomKills.length === 0) {
      throw new Why137Error('W137_NOT_FOUND', `No exit and no OOM kill is known of ${JSON.stringify(target)} on this node.`);
    }
    const body: Explanation = { target, items, total: verdicts.length, oomKills: [...oomKills] };
    return { status: 200, body };
  },
});

/** The kills in containers that did not end with them: those of that name, or of the id that the target is or begins. */
function killsIn(store: Store, target: string, containers: readonly string[]): OomKill[] {
  const kills = (container: string): readonly OomKill[] => store.oomKills({ container, limit: MAX_EXPLAINED }).items;
  if (containers.length > 0) {
    const timeOf = ({ time }: OomKill): string => time ?? '';
    const newestFirst = (a: OomKill, b: OomKill): number => Number(timeOf(b) > timeOf(a)) - Number(timeOf(b) < timeOf(a));
    return containers.flatMap((id) => kills(id).filter((kill) => kill.containerId === id)).sort(newestFirst).slice(0, MAX_EXPLAINED);
  }
  const id = target.replace(/^[a-z-]+:\/\//, '');
  if (id === '' || id.includes('/')) return [];
  return kills(id).filter(({ containerId }) => containerId === id || id.length >= SHORTEST_ID);
}
