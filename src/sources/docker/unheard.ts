import type { Tally } from '../grpc/tally.ts';
import type { EngineClient } from './client.ts';
import type { Containers, Follower } from './follower.ts';

/** Containers of which the engine's list says something else than its events did: they run, have ended, or are gone. */
export async function unheardIn(client: EngineClient, containers: Containers, follower: Follower, tally: Tally): Promise<ReadonlySet<string>> {
  const unheard = new Set<string>();
  // What was heard and is not done yet would be taken for what was not.
  if (follower.pending > 0) return unheard;
  try {
    const states = new Map((await client.list()).map(({ id, state }) => [id, state]));
    for (const [id, state] of states) if (state === 'running' && containers.get(id)?.now.ended !== false && !follower.unseen.has(id)) unheard.add(id.slice(0, 12));
    for (const [id, { now }] of containers) if (!now.ended && hasEnded(states.get(id))) unheard.add(id.slice(0, 12));
  } catch {
    // Whether the engine answers at all is asked otherwise.
    tally.count('list-not-compared');
  }
  return unheard;
}

/** One that is no longer listed was removed, after its end. */
function hasEnded(state: string | null | undefined): boolean {
  return state === undefined || state === 'exited' || state === 'dead';
}
