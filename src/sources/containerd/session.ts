import { saySome } from '../../lib/say-some.ts';
import type { Micros } from '../../lib/time.ts';
import { RPC_STATUS, RpcError } from '../grpc/rpc-error.ts';
import { wait } from '../../host/wait.ts';
import { Deafness } from '../deafness.ts';
import type { FollowerParts } from './follower.ts';
import { Follower } from './follower.ts';
import type { Key } from './container-table.ts';
import { keyText } from './container-table.ts';
import { listAll } from './listing.ts';
import { unheardIn } from './unheard.ts';

export interface SessionParts extends FollowerParts {
  /** Only these namespaces; empty: all. */
  readonly namespaces: readonly string[];
  readonly heartbeatMs: number;
  /** How often its list is compared with its events. */
  readonly compareMs: number;
  /** When the runtime was last heard of, by any session; null: never. */
  readonly lastHeard: Micros | null;
  heard(at: Micros): void;
  /** Everything is listed and events flow. */
  ready(): void;
}

/**
 * One connection: subscribes first and lists afterwards, so that nothing falls between; then follows until the stream
 * breaks or the runtime stops answering (closing the channel does either).
 * @throws {RpcError}
 */
export async function runSession(parts: SessionParts): Promise<void> {
  const { client, clock, emit, source } = parts;
  const version = await client.version();
  const follower = new Follower(parts);
  const touched = follower.listing();
  const deafness = new Deafness(clock, () => unheardIn(client, parts.table, parts.namespaces, parts.tally), parts.compareMs);
  const over = new AbortController();
  const state: { broken: RpcError | null; listed: boolean } = { broken: null, listed: false };
  const unsubscribe = client.subscribe(
    parts.namespaces,
    (event) => {
      deafness.event();
      follower.handle(event);
      const now = clock.now();
      parts.heard(now);
      if (state.listed && event.time !== null) emit({ type: 'covered', source, from: null, to: Math.min(event.time, now) });
    },
    (error) => {
      state.broken = error ?? new RpcError(RPC_STATUS.UNAVAILABLE, 'the runtime ended the event stream');
      over.abort();
    },
  );
  try {
    const all = await client.namespaces();
    const begin = clock.now();
    const namespaces = parts.namespaces.length === 0 ? all : parts.namespaces.filter((name) => all.includes(name));
    const listing = await listAll(client, parts.table, namespaces, touched, parts.tally);
    follower.listed();
    for (const container of listing.containers) emit({ type: 'container', source, container });
    for (const exit of listing.exits) follower.emitExit(exit.container, exit.exitCode, exit.exitedAt);
    if (listing.lost.length > 0) emit({ type: 'gap', source, from: parts.lastHeard, to: begin, why: sayLost(listing.lost) });
    emit({ type: 'up', source, detail: `containerd ${version}, ${String(listing.containers.length)} containers` });
    emit({ type: 'covered', source, from: begin, to: clock.now() });
    state.listed = true;
    parts.heard(clock.now());
    parts.ready();
    for (;;) {
      await wait(clock, parts.heartbeatMs, over.signal);
      if (over.signal.aborted) break;
      await client.version();
      parts.heard(clock.now());
      await deafness.look();
    }
    if (state.broken !== null) throw state.broken;
  } finally {
    unsubscribe();
  }
}

function sayLost(lost: readonly Key[]): string {
  return (
    `the event stream was broken while containers ended, and their tasks were removed before it was back (${saySome(lost.map(keyText))}): ` +
    'their exits are known only where the CRI still lists them'
  );
}
