import * as z from 'zod/mini';
import type { MissingNode } from '../model/cluster-answer.ts';
import type { Agents } from './agents.ts';
import type { Kubectl } from './kubectl.ts';
import { list } from './list.ts';

const nodeSchema = z.object({ metadata: z.object({ name: z.string() }) });

/**
 * The nodes on which no agent runs. Empty where the user may not list nodes: it is worth knowing, and not worth a right
 * that asking does not need.
 */
export async function nodesWithout(kubectl: Kubectl, { pods, missing }: Agents): Promise<MissingNode[]> {
  const known = new Set([...pods, ...missing].map(({ node }) => node));
  const nodes = await list(kubectl, '/api/v1/nodes', new URLSearchParams({ limit: '250' }), nodeSchema).catch(() => []);
  return nodes
    .map(({ metadata }) => metadata.name)
    .filter((name) => !known.has(name))
    .map((node) => ({ node, agent: false, why: 'no agent runs there' }));
}
