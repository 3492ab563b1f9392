import * as z from 'zod/mini';
import { Why137Error } from '../lib/errors.ts';
import type { MissingNode } from '../model/cluster-answer.ts';
import type { AgentPod } from './agent-pod.ts';
import { KubectlError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { list } from './list.ts';
import { HOME_OF_AGENTS as HOME } from './token.ts';
import { clusterError, LIST_PODS_CURE } from './words.ts';

export interface Agents {
  /** One a node. */
  readonly pods: readonly AgentPod[];
  /** Nodes whose agent does not run. */
  readonly missing: readonly MissingNode[];
}

export interface WhereAgents {
  /** Null: in any namespace. */
  readonly namespace: string | null;
  readonly selector: string;
  /** Only on this node; null: on all. */
  readonly node: string | null;
  /** Null: as the pod says. */
  readonly port: number | null;
  readonly scheme: 'http' | 'https' | null;
}

const DEFAULT_PORT = 9_137;

const portSchema = z.object({ name: z.optional(z.string()), containerPort: z.int() });
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    deletionTimestamp: z.optional(z.string()),
    annotations: z.optional(z.record(z.string(), z.string())),
  }),
  spec: z.object({
    nodeName: z.optional(z.string()),
    containers: z.array(z.object({ ports: z.optional(z.array(portSchema)) })),
  }),
  status: z.object({
    phase: z.optional(z.string()),
    reason: z.optional(z.string()),
    conditions: z.optional(z.array(z.object({ type: z.string(), status: z.string() }))),
    containerStatuses: z.optional(
      z.array(z.object({ state: z.optional(z.object({ running: z.optional(z.unknown()), waiting: z.optional(z.object({ reason: z.optional(z.string()) })) })) })),
    ),
  }),
});
type Pod = z.infer<typeof podSchema>;

/** The agents of the cluster, by their label. Throws Why137Error W137_CLUSTER, and W137_NO_AGENT where there is none. */
export async function findAgents(kubectl: Kubectl, where: WhereAgents): Promise<Agents> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of await agentPods(kubectl, where)) {
    const node = pod.spec.nodeName ?? `(${pod.metadata.name} is on no node yet)`;
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  if (byNode.size === 0) throw new Why137Error('W137_NO_AGENT', noneFound(where));
  const pods: AgentPod[] = [];
  const missing: MissingNode[] = [];
  for (const [node, candidates] of byNode) {
    const best = candidates.sort((a, b) => rank(b) - rank(a))[0];
    if (!best) continue;
    const why = notRunning(best);
    if (why === null) pods.push(agentOf(best, node, where));
    else missing.push({ node, agent: true, why });
  }
  return { pods, missing };
}

async function agentPods(kubectl: Kubectl, { namespace, selector, node }: WhereAgents): Promise<Pod[]> {
  const query = new URLSearchParams({
    labelSelector: selector,
    ...(node !== null && { fieldSelector: `spec.nodeName=${node}` }),
    resourceVersion: '0', // from the API server's cache
  });
  const from = (place: string | null): Promise<Pod[]> => {
    const path = place === null ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(place)}/pods`;
    return list(kubectl, path, query, podSchema, { mayPrompt: true });
  };
  try {
    return await from(namespace);
  } catch (error) {
    if (namespace !== null || !isForbidden(error)) throw clusterError(error, 'find the agents', LIST_PODS_CURE);
  }
  // Whoever may not list pods everywhere may perhaps do so where the agents usually are.
  try {
    return await from(HOME);
  } catch (error) {
    throw clusterError(error, `list pods in every namespace, nor in ${HOME}, to find the agents`, LIST_PODS_CURE);
  }
}

const isForbidden = (error: unknown): boolean => error instanceof KubectlError && error.failure.kind === 'forbidden';

function noneFound({ namespace, selector, node }: WhereAgents): string {
  const place = namespace === null ? 'in any namespace' : `in namespace ${namespace}`;
  return node === null
    ? `No why137 agent was found: no pod has the label ${selector} ${place}. Is it deployed (daemonset.yaml)? --agent-namespace and --agent-selector say where else to look.`
    : `No why137 agent runs on node ${JSON.stringify(node)}: no pod there has the label ${selector} ${place}. Is this the name that "kubectl get nodes" prints?`;
}

const isReady = ({ status }: Pod): boolean => status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

/** During an update a node has two: the one that stays and answers is the better. */
function rank(pod: Pod): number {
  return (notRunning(pod) === null ? 4 : 0) + (isReady(pod) ? 2 : 0) + (pod.metadata.deletionTimestamp === undefined ? 1 : 0);
}

function notRunning({ status }: Pod): string | null {
  const states = (status.containerStatuses ?? []).map(({ state }) => state);
  const waiting = states.find((state) => state?.waiting)?.waiting?.reason ?? status.reason;
  if (status.phase === 'Running' && (states.length === 0 || states.some((state) => state?.running !== undefined))) return null;
  return `the agent's pod does not run: ${[status.phase ?? 'phase unknown', waiting].filter((word) => word !== undefined).join(', ')}`;
}

function agentOf(pod: Pod, node: string, where: WhereAgents): AgentPod {
  const ports = pod.spec.containers.flatMap(({ ports: some }) => some ?? []);
  const port = ports.find(({ name }) => name === 'https') ?? ports.find(({ name }) => name === 'http');
  const tls = port?.name === 'https' || pod.metadata.annotations?.['prometheus.io/scheme'] === 'https';
  return {
    node,
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    scheme: where.scheme ?? (tls ? 'https' : 'http'),
    port: where.port ?? port?.containerPort ?? DEFAULT_PORT,
    ready: isReady(pod),
  };
}
