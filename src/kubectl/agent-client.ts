import * as z from 'zod/mini';
import type { Verdict } from '../model/verdict.ts';
import { verdictPageSchema } from '../model/page.ts';
import type { AgentPod } from './agent-pod.ts';
import { KubectlError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { agentWords } from './words.ts';

/** The agent of one node, through the API server's pod proxy, until its time is up. */
export interface AgentClient {
  readonly pod: AgentPod;
  /** Throws Unanswered. */
  get<T>(path: string, query: Readonly<Record<string, string | undefined>>, schema: z.ZodMiniType<T>): Promise<T>;
}

/** An agent did not answer; the message says why, and what would cure it. */
export class Unanswered extends Error {}

export function agentClient(door: Pick<Kubectl, 'get'>, pod: AgentPod, timeoutMs: number): AgentClient {
  const signal = AbortSignal.timeout(timeoutMs);
  const { namespace, name, scheme, port } = pod;
  const target = `${scheme === 'https' ? 'https:' : ''}${name}:${String(port)}`;
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${target}/proxy`;
  return {
    pod,
    async get(path, query, schema) {
      const given = new URLSearchParams();
      for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, value);
      const asked = given.toString();
      let text: string;
      try {
        text = await door.get(`${base}${path}${asked === '' ? '' : `?${asked}`}`, { signal });
      } catch (error) {
        throw error instanceof KubectlError ? new Unanswered(agentWords(error.failure, pod, timeoutMs)) : error;
      }
      const answer = z.safeParse(schema, json(text));
      if (answer.success) return answer.data;
      throw new Unanswered(`what answers at port ${String(port)} of the pod is not a why137 agent of this version`);
    },
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export type ExitFilter = Readonly<Partial<Record<'code' | 'cause' | 'family' | 'namespace' | 'pod' | 'container' | 'since' | 'until', string | undefined>>>;

const PAGE = 250;

/** The newest verdicts that fit, at most `limit`, page after page. Throws Unanswered. */
export async function exitsOf(client: AgentClient, filter: ExitFilter, limit: number): Promise<{ items: Verdict[]; more: boolean }> {
  const items: Verdict[] = [];
  let cursor: string | undefined;
  while (items.length < limit) {
    const page = await client.get('/v1/exits', { ...filter, limit: String(Math.min(PAGE, limit - items.length)), cursor }, verdictPageSchema);
    items.push(...page.items);
    if (page.next === null) return { items, more: false };
    if (page.items.length === 0 || page.next === cursor) throw new Unanswered('its list of exits has no end: this is not a why137 agent of this version');
    cursor = page.next;
  }
  return { items: items.slice(0, limit), more: true };
}
