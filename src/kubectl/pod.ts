import * as z from 'zod/mini';
import { oomKillPageSchema, verdictPageSchema } from '../model/page.ts';
import type { NodeOomKill, NodeVerdict } from '../model/cluster-answer.ts';
import { explanationSchema } from '../outputs/http/explanation.ts';
import type { AgentClient } from './agent-client.ts';
import { findAgents } from './agents.ts';
import { newestFirst } from './exits.ts';
import { KubectlError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { parse } from './list.ts';
import { nodesWithout } from './nodes.ts';
import { byNode, type Context, type Outcome, survey, unreadyOf } from './survey.ts';
import { clusterError } from './words.ts';

export interface PodTarget {
  readonly namespace: string;
  readonly name: string;
  /** Null: every container. */
  readonly container: string | null;
}

export interface PodOutcome extends Outcome {
  /** What the cluster says of the pod: `hidden` where the user may not see pods of that namespace. */
  readonly pod: 'here' | 'gone' | 'hidden';
}

const terminated = z.optional(z.object({ containerID: z.optional(z.string()) }));
const statuses = z.optional(z.array(z.object({ name: z.string(), containerID: z.optional(z.string()), lastState: z.optional(z.object({ terminated })) })));
const podSchema = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({ nodeName: z.optional(z.string()) }),
  status: z.object({ containerStatuses: statuses, initContainerStatuses: statuses, ephemeralContainerStatuses: statuses }),
});
type Pod = z.infer<typeof podSchema>;

/**
 * Everything known of one pod: by the agent of its node; where that knows nothing, or the pod is gone, or
 * `everywhere`, by every agent (a pod of the same name may have run elsewhere).
 */
export async function askAboutPod(context: Context, target: PodTarget, everywhere: boolean): Promise<PodOutcome> {
  const agents = await findAgents(context.kubectl, context.where);
  const pod = await podOf(context.kubectl, target);
  const node = typeof pod === 'object' ? (pod.spec.nodeName ?? null) : null;
  const items: NodeVerdict[] = [];
  const oomKills: NodeOomKill[] = [];
  let total = 0;
  const ask = async (client: AgentClient): Promise<void> => {
    const known = await knownOf(client, target);
    total += known.total;
    items.push(...known.items.map((verdict) => ({ ...verdict, node: client.pod.node })));
    oomKills.push(...known.oomKills.map((kill) => ({ ...kill, node: client.pod.node })));
  };

  const own = agents.pods.filter((agent) => agent.node === node);
  const first = await survey(everywhere ? agents.pods : own, context, ask);
  let { answered, missing } = first;
  if (items.length > 0 && !everywhere) return outcome();

  const others = everywhere ? [] : agents.pods.filter((agent) => agent.node !== node);
  const [rest, without] = await Promise.all([survey(others, context, ask), nodesWithout(context.kubectl, agents)]);
  const agentless = node !== null && ![...agents.pods, ...agents.missing].some((agent) => agent.node === node);
  const here = { node: node ?? '', agent: false, why: 'no agent runs there, where the pod is' };
  answered = [...answered, ...rest.answered];
  missing = [...missing, ...rest.missing, ...agents.missing, ...without.filter((one) => !agentless || one.node !== node), ...(agentless ? [here] : [])];
  if (items.length === 0 && typeof pod === 'object') {
    // A child was killed, perhaps, and the container lives: such kills know the pod's uid only.
    const alive = await survey(first.answered.filter((agent) => agent.node === node), context, async (client) => {
      const kills = await killsOf(client, pod, target);
      oomKills.push(...kills.map((kill) => ({ ...kill, node: client.pod.node })));
    });
    missing.push(...alive.missing);
  }
  return outcome();

  function outcome(): PodOutcome {
    return {
      answer: { items: items.sort(newestFirst), oomKills, more: total > items.length, missing: byNode(missing) },
      answered: answered.length,
      unready: unreadyOf(answered),
      complete: !missing.some((one) => one.agent || one.node === node),
      pod: typeof pod === 'object' ? 'here' : pod,
    };
  }
}

async function podOf(kubectl: Kubectl, { namespace, name }: PodTarget): Promise<Pod | 'gone' | 'hidden'> {
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    return parse(podSchema, await kubectl.get(path));
  } catch (error) {
    const kind = error instanceof KubectlError ? error.failure.kind : null;
    if (kind === 'pod-gone' || kind === 'not-found') return 'gone';
    if (kind === 'forbidden') return 'hidden';
    throw clusterError(error, `look for pod ${namespace}/${name}`, '');
  }
}

type Known = Pick<z.infer<typeof explanationSchema>, 'items' | 'oomKills' | 'total'>;

async function knownOf(client: AgentClient, { namespace, name, container }: PodTarget): Promise<Known> {
  // Asked first, because kubectl cannot tell an agent's "nothing is known" from a 404 of something else.
  const some = await client.get('/v1/exits', { namespace, pod: name, container: container ?? undefined, limit: '1' }, verdictPageSchema);
  if (some.items.length === 0) return { items: [], oomKills: [], total: 0 };
  return client.get('/v1/explain', { target: [namespace, name, ...(container === null ? [] : [container])].join('/') }, explanationSchema);
}

async function killsOf(client: AgentClient, pod: Pod, { container }: PodTarget) {
  const { items } = await client.get('/v1/oom-kills', { pod: pod.metadata.uid, limit: '100' }, oomKillPageSchema);
  if (container === null) return items;
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status;
  const ids = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
    .filter(({ name }) => name === container)
    .flatMap(({ containerID, lastState }) => [containerID, lastState?.terminated?.containerID])
    .map((id) => id?.replace(/^[a-z-]+:\/\//, ''));
  return items.filter(({ containerId }) => containerId !== null && ids.includes(containerId));
}

