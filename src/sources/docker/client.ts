import { Agent } from 'node:http';
import type { Clock } from '../../host/clock.ts';
import { splitLines } from '../../host/split-lines.ts';
import { SECOND, type Micros } from '../../lib/time.ts';
import { RPC_STATUS, RpcError } from '../grpc/rpc-error.ts';
import type { Tally } from '../grpc/tally.ts';
import { parseJson } from '../oci-spec.ts';
import { ACTIONS, readEvent, type EngineEvent } from './event.ts';
import { getStream, getWhole } from './http-get.ts';
import { inspectSchema, listedSchema, listSchema, versionSchema, type Inspect } from './messages.ts';

export interface Engine {
  readonly runtime: 'docker' | 'podman';
  readonly version: string;
}

/** A container and the engine's word for what it does: `running`, `exited` …; null where it says none. */
export interface Listed {
  readonly id: string;
  readonly state: string | null;
}

/** The calls that are made; each is a GET, and none changes anything. */
export interface EngineClient {
  /** Who answers. */
  version(): Promise<Engine>;
  /** Also the sign of life: the event stream has none of its own. */
  ping(): Promise<void>;
  /** All containers, dead or alive. */
  list(): Promise<readonly Listed[]>;
  /** null when it is gone, or its description cannot be read. */
  inspect(id: string): Promise<Inspect | null>;
  /** Events from a moment on, past ones first. podman does not answer at all before it has one. */
  events(since: Micros, engine: Engine, begun: () => void): AsyncIterable<EngineEvent>;
  /** Lets go of connections that are kept. */
  close(): void;
}

export interface ClientOptions {
  /** Path of the socket, as this process opens it. */
  readonly socket: string;
  readonly clock: Clock;
  readonly tally: Tally;
  /** Ends every call. */
  readonly signal: AbortSignal;
  /** For what a healthy engine answers at once. */
  readonly answerMs: number;
  readonly listMs: number;
}

const SMALL_BYTES = 64 * 1024;
const INSPECT_BYTES = 4 * 1024 * 1024;
const LIST_BYTES = 64 * 1024 * 1024;
const EVENT_BYTES = 1024 * 1024;

export function createClient({ socket, clock, tally, signal, answerMs, listMs }: ClientOptions): EngineClient {
  // Others need the engine, too.
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const at = (path: string, timeoutMs: number) => ({ socket, path, clock, timeoutMs, signal, agent });
  const alone = (path: string) => ({ ...at(path, answerMs), timeoutMs: null, agent: false as const });
  const whole = async (path: string, timeoutMs: number, maxBytes: number): Promise<{ readonly status: number; readonly value: unknown; readonly libpod: boolean }> => {
    const { status, headers, body } = await getWhole(at(path, timeoutMs), maxBytes);
    return { status, value: parseJson(body), libpod: headers['libpod-api-version'] !== undefined };
  };
  return {
    async version() {
      const { status, value, libpod } = await whole('/version', answerMs, SMALL_BYTES);
      expectOk('/version', status);
      const version = versionSchema.safeParse(value);
      if (!version.success) throw new RpcError(RPC_STATUS.UNIMPLEMENTED, 'it does not say its version as a Docker Engine does');
      const podman = libpod || (version.data.Components ?? []).some(({ Name }) => /podman/i.test(Name));
      return { runtime: podman ? 'podman' : 'docker', version: version.data.Version.slice(0, 64) };
    },
    async ping() {
      const { status } = await getWhole(at('/_ping', answerMs), SMALL_BYTES);
      expectOk('/_ping', status);
    },
    async list() {
      const { status, value } = await whole('/containers/json?all=true', listMs, LIST_BYTES);
      expectOk('/containers/json', status);
      // podman's list of none may be null.
      return listSchema.parse(value ?? []).flatMap((item) => {
        const listed = listedSchema.safeParse(item);
        if (!listed.success) tally.count('unreadable-container');
        return listed.success ? [{ id: listed.data.Id, state: listed.data.State ?? null }] : [];
      });
    },
    async inspect(id) {
      const { status, value } = await whole(`/containers/${id}/json`, answerMs, INSPECT_BYTES);
      if (status === 404) return null;
      expectOk('/containers/…/json', status);
      const inspect = inspectSchema.safeParse(value);
      if (!inspect.success) tally.count('unreadable-container');
      // Engines take the beginning of an id, or a name, for the whole.
      return inspect.success && inspect.data.Id === id ? inspect.data : null;
    },
    async *events(since, { runtime }, begun) {
      const filters = encodeURIComponent(JSON.stringify(runtime === 'docker' ? { type: ['container'], event: ACTIONS } : { type: ['container'] }));
      const answer = await getStream(alone(`/events?since=${sinceText(since)}&filters=${filters}`));
      if (answer.status !== 200) answer.close();
      expectOk('/events', answer.status);
      begun();
      yield* read(answer.chunks, tally);
    },
    close() {
      agent.destroy();
    },
  };
}

async function* read(chunks: AsyncIterable<Uint8Array>, tally: Tally): AsyncGenerator<EngineEvent, void> {
  const cut = (): void => {
    tally.count('event-too-long');
  };
  for await (const line of splitLines(chunks, EVENT_BYTES, cut)) {
    if (line.length === 0) continue;
    const event = readEvent(line);
    if (event === null) tally.count('unreadable-event');
    else yield event;
  }
}

/** Seconds with a fraction: docker takes no RFC 3339 here. */
function sinceText(since: Micros): string {
  const us = Math.max(0, Math.floor(since));
  return `${String(Math.floor(us / SECOND))}.${String(us % SECOND).padStart(6, '0')}`;
}

function expectOk(what: string, status: number): void {
  if (status === 404) throw new RpcError(RPC_STATUS.UNIMPLEMENTED, `it answers ${what} with 404`);
  if (status !== 200) throw new RpcError(RPC_STATUS.UNAVAILABLE, `it answers ${what} with status ${String(status)}`);
}
