import * as z from 'zod/mini';
import { Why137Error } from '../lib/errors.ts';
import { problemSchema } from '../model/problem.ts';
import { type Explanation, explanationSchema } from '../outputs/http/explanation.ts';
import type { AgentDoor } from './agent-door.ts';
import { askAgent } from './ask-agent.ts';
import { renderExplanation } from './render/explanation.ts';

export interface ExplainOptions {
  readonly door: AgentDoor;
  readonly json: boolean;
  readonly out: (text: string) => void;
  readonly color: boolean;
  readonly timeZone: string;
  readonly width?: number;
}

/**
 * `why137 explain TARGET`: asks the agent and prints, for people, the newest verdict of each container that the target
 * names; with `json` one Verdict a line, newest first (without verdicts, the kills in that container).
 * Throws Why137Error: W137_NO_AGENT, W137_UNAUTHORIZED, W137_NOT_FOUND, W137_BAD_REQUEST (the target fits several containers).
 */
export async function explain(target: string, { door, json, out, ...render }: ExplainOptions): Promise<void> {
  const known = await ask(target, door);
  if (json) {
    for (const item of known.items.length > 0 ? known.items : known.oomKills) out(`${JSON.stringify(item)}\n`);
  } else out(renderExplanation(known, render));
}

async function ask(target: string, door: AgentDoor): Promise<Explanation> {
  const { status, body } = await askAgent(door, `/v1/explain?target=${encodeURIComponent(target)}`);
  if (status === 200) {
    const explanation = z.safeParse(explanationSchema, body);
    if (explanation.success) return explanation.data;
  }
  const problem = z.safeParse(problemSchema, body);
  if (status === 404 && problem.data?.code === 'W137_NOT_FOUND') throw new Why137Error('W137_NOT_FOUND', problem.data.detail);
  if (status === 401 && problem.success) throw new Why137Error('W137_UNAUTHORIZED', `${problem.data.detail} Give it by --token-file.`);
  if (problem.success && status < 500) throw new Why137Error('W137_BAD_REQUEST', problem.data.detail);
  throw new Why137Error('W137_NO_AGENT', `What answers at ${door.url} is not a why137 agent of this version (HTTP ${String(status)}).`);
}
