import type { ClusterAnswer, MissingNode } from '../model/cluster-answer.ts';
import { type AgentClient, agentClient, Unanswered } from './agent-client.ts';
import type { AgentPod } from './agent-pod.ts';
import type { WhereAgents } from './agents.ts';
import { inParallel } from './in-parallel.ts';
import type { Kubectl } from './kubectl.ts';

export interface Context {
  readonly kubectl: Kubectl;
  /** How the agents themselves are asked: `kubectl`, or one that takes a token along. */
  readonly door: Pick<Kubectl, 'get'>;
  readonly where: WhereAgents;
  /** How many agents are asked at once. */
  readonly parallel: number;
  /** For all requests to one agent. */
  readonly timeoutMs: number;
}

/** What the agents said, and how far it can be relied on. */
export interface Outcome {
  readonly answer: ClusterAnswer;
  /** How many agents answered. */
  readonly answered: number;
  /** Nodes whose agent answered, and has not read everything yet. */
  readonly unready: readonly string[];
  /** Whether every agent that could know more has answered: nothing found means that nothing is known. */
  readonly complete: boolean;
}

interface Surveyed {
  readonly answered: AgentPod[];
  readonly missing: MissingNode[];
}

/** Asks each agent, some at a time. What one does not answer leaves the others' answers as they are. */
export async function survey(pods: readonly AgentPod[], { door, parallel, timeoutMs }: Context, ask: (client: AgentClient) => Promise<void>): Promise<Surveyed> {
  const answered: AgentPod[] = [];
  const missing: MissingNode[] = [];
  await inParallel(pods, parallel, async (pod) => {
    try {
      await ask(agentClient(door, pod, timeoutMs));
      answered.push(pod);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      missing.push({ node: pod.node, agent: true, why: error.message });
    }
  });
  return { answered, missing };
}

export const unreadyOf = (pods: readonly AgentPod[]): string[] => pods.filter(({ ready }) => !ready).map(({ node }) => node).sort();

export const byNode = (missing: readonly MissingNode[]): MissingNode[] => [...missing].sort((a, b) => (a.node < b.node ? -1 : 1));
