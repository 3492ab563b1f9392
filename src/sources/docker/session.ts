import type { Clock } from '../../host/clock.ts';
import { wait } from '../../host/wait.ts';
import { saySome } from '../../lib/say-some.ts';
import { HOUR, type Micros } from '../../lib/time.ts';
import { RPC_STATUS, RpcError } from '../grpc/rpc-error.ts';
import { Deafness } from '../deafness.ts';
import type { Engine, EngineClient } from './client.ts';
import type { EngineEvent } from './event.ts';
import { Follower, type FollowerParts } from './follower.ts';
import { unheardIn } from './unheard.ts';

export interface SessionParts extends FollowerParts {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** How often its list is compared with its events. */
  readonly compareMs: number;
  /** How far any session has told everything; null: there was none. */
  readonly toldTo: Micros | null;
  readonly told: (to: Micros) => void;
  /** Everything is listed and events flow. */
  ready(): void;
}

/** Stops that were asked for before the agent came: docker keeps its last 256 events, podman a log. */
const LOOK_BACK: Micros = HOUR;
/** How long to wait for the stream of events to begin; podman begins it with the first one. */
const BEGIN_MS = 1_000;
/** Looked at together while listing. */
const AT_ONCE = 4;
/** Containers that wait to be looked at before more events are taken. */
const MAX_PENDING = 200;

/**
 * One connection: takes events from where the last one ended, lists everything meanwhile, then follows until the stream
 * breaks or the engine stops answering.
 * @throws {RpcError | Error}
 */
export async function runSession(parts: SessionParts): Promise<void> {
  const { client, clock, containers, emit, toldTo, source } = parts;
  const engine = await client.version();
  const begin = clock.now();
  const known = new Set(containers.keys());
  const begun = new AbortController();
  // A new run needs to know who was asked to end before, too.
  const from = known.size > 0 && toldTo !== null ? toldTo : Math.min(toldTo ?? begin, begin - LOOK_BACK);
  const events = client.events(from, engine, () => {
    begun.abort();
  });
  const follower = new Follower(parts, client, engine, toldTo ?? begin);
  const deafness = new Deafness(clock, () => unheardIn(client, containers, follower, parts.tally), parts.compareMs);
  const over = new AbortController();
  const isOver = (): boolean => over.signal.aborted;
  // Before everything is listed nothing is known for certain of any time.
  let isListed = false;
  const following = follow(events, follower, parts, deafness, () => isListed).finally(() => {
    over.abort();
    begun.abort();
  });
  // Looked at below; until then nobody else hears of it.
  following.catch(() => undefined);

  // What ended meanwhile is told by past events before it is missed in the list.
  await wait(clock, BEGIN_MS, begun.signal);
  const listed = (await client.list()).map(({ id }) => id);
  for (let at = 0; at < listed.length && !isOver(); at += AT_ONCE) {
    await Promise.all(listed.slice(at, at + AT_ONCE).map((id) => follower.look(id)));
  }
  await follower.settled();
  if (isOver()) await following;
  const lost = forgetGone(parts, known, new Set(listed));
  if (lost.length > 0) emit({ type: 'gap', source, from: toldTo, to: begin, why: sayLost(lost) });
  emit({ type: 'up', source, detail: `${sayEngine(engine)}, ${String(containers.size)} containers` });
  emit({ type: 'covered', source, from: begin, to: clock.now() });
  isListed = true;
  parts.told(begin);
  parts.ready();
  while (!isOver()) {
    await wait(clock, parts.heartbeatMs, over.signal);
    if (isOver()) break;
    await client.ping();
    await deafness.look();
    // One that could not be described may be locked for a while: the engine as a whole answers.
    for (const id of follower.unseen) void follower.look(id);
  }
  await following;
}

/** Reads events as long as they come; a stream that ends in good order is broken all the same. */
async function follow(events: AsyncIterable<EngineEvent>, follower: Follower, { clock, emit, told, source }: SessionParts, deafness: Deafness, isListed: () => boolean): Promise<never> {
  for await (const event of events) {
    deafness.event();
    follower.handle(event);
    if (follower.pending > MAX_PENDING) await follower.settled();
    const to = Math.min(event.time, clock.now());
    if (!isListed()) continue;
    told(to);
    emit({ type: 'covered', source, from: null, to });
  }
  throw new RpcError(RPC_STATUS.UNAVAILABLE, 'the engine ended the event stream');
}

/** Forgets what the engine forgot; gives those of which a life ended and nobody told how. */
function forgetGone({ containers }: SessionParts, known: ReadonlySet<string>, listed: ReadonlySet<string>): readonly string[] {
  // One that came while the list was read is not in it, and not gone.
  const gone = [...known].filter((id) => !listed.has(id));
  const lost = gone.filter((id) => containers.get(id)?.now.ended === false);
  for (const [id, { before }] of containers) {
    if (before === null || before.ended) continue;
    lost.push(id);
    before.ended = true;
  }
  for (const id of gone) containers.delete(id);
  return lost;
}

function sayEngine({ runtime, version }: Engine): string {
  return `${runtime === 'docker' ? 'Docker Engine' : 'podman'} ${version}`;
}

function sayLost(lost: readonly string[]): string {
  const who = saySome(lost.map((id) => id.slice(0, 12)));
  return `the engine was not heard while containers ended and were removed or started again (${who}): how they ended is not known`;
}
