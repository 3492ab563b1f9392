import { firstToken } from '../commands/agent-door.ts';

/**
 * Where agents are looked for when a token goes along, unless --agent-namespace says otherwise: whoever may make pods
 * anywhere could give one of theirs the agents' label, and would be sent the token.
 */
export const HOME_OF_AGENTS = 'why137';

/** The token of the file, or of WHY137_TOKEN_FILE; null: none is given. Throws Why137Error W137_INPUT. */
export function agentToken(file: string | undefined, env: Readonly<Record<string, string | undefined>>): string | null {
  const named = file ?? env['WHY137_TOKEN_FILE'] ?? '';
  return named === '' ? null : firstToken(named);
}
