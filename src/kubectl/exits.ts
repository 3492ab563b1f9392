import { parseTime } from '../lib/time.ts';
import type { NodeVerdict } from '../model/cluster-answer.ts';
import { type ExitFilter, exitsOf } from './agent-client.ts';
import { findAgents } from './agents.ts';
import { nodesWithout } from './nodes.ts';
import { byNode, type Context, type Outcome, survey, unreadyOf } from './survey.ts';

/**
 * The newest exits of the cluster, or of the one node that the context names, at most `limit`.
 * Throws Why137Error W137_CLUSTER and W137_NO_AGENT.
 */
export async function exitsOfCluster(context: Context, filter: ExitFilter, limit: number): Promise<Outcome> {
  const agents = await findAgents(context.kubectl, context.where);
  let items: NodeVerdict[] = [];
  let more = false;
  const asking = survey(agents.pods, context, async (client) => {
    const found = await exitsOf(client, filter, limit);
    const { node } = client.pod;
    // Cut at once: a thousand nodes with a hundred exits each would not fit.
    const all = [...items, ...found.items.map((verdict) => ({ ...verdict, node }))].sort(newestFirst);
    more ||= found.more || all.length > limit;
    items = all.slice(0, limit);
  });
  const [{ answered, missing }, without] = await Promise.all([asking, context.where.node === null ? nodesWithout(context.kubectl, agents) : []]);
  const all = byNode([...agents.missing, ...missing, ...without]);
  return {
    answer: { items, oomKills: [], more, missing: all },
    answered: answered.length,
    unready: unreadyOf(answered),
    complete: !all.some(({ agent }) => agent),
  };
}

export function newestFirst(a: NodeVerdict, b: NodeVerdict): number {
  const [first, second] = [parseTime(a.exit.finishedAt) ?? 0, parseTime(b.exit.finishedAt) ?? 0];
  return first === second ? (a.id < b.id ? 1 : -1) : second - first;
}
