import type { Micros } from '../../lib/time.ts';
import { parseJson } from '../oci-spec.ts';
import { eventSchema } from './messages.ts';

/** One event of a container. `attributes` hold its image, name and labels, too: hostile. */
export interface EngineEvent {
  readonly action: string;
  readonly id: string;
  readonly time: Micros;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What is asked for. podman calls some of them otherwise, so it is not asked to select by these. */
export const ACTIONS: readonly string[] = ['create', 'start', 'die', 'oom', 'kill', 'stop', 'destroy', 'rename', 'update'];

/** Reads one line of `/events`; null for what is no event of a container. */
export function readEvent(line: Uint8Array): EngineEvent | null {
  const parsed = eventSchema.safeParse(parseJson(Buffer.from(line).toString('utf8')));
  if (!parsed.success || parsed.data.Type !== 'container') return null;
  const { Action, Actor, timeNano } = parsed.data;
  if (!/^[0-9a-f]{64}$/.test(Actor.ID)) return null;
  return { action: nameOf(Action), id: Actor.ID, time: Math.floor(timeNano / 1_000), attributes: Actor.Attributes ?? {} };
}

/** podman's own words for the same. */
function nameOf(action: string): string {
  if (action === 'died') return 'die';
  return action === 'remove' ? 'destroy' : action;
}

/** The exit status that a `die` tells; null when it tells none. */
export function exitCodeOf({ attributes }: EngineEvent): number | null {
  const text = attributes['exitCode'] ?? attributes['containerExitCode'];
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : null;
}
