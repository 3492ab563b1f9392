import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { createTally } from '../grpc/tally.ts';
import { COMPARE_MS } from '../deafness.ts';
import { keepConnected } from '../keep-connected.ts';
import type { Source } from '../source.ts';
import { createClient } from './client.ts';
import type { Containers } from './follower.ts';
import { runSession } from './session.ts';

export interface DockerSourceOptions {
  readonly host: Host;
  /** Path of the socket on the host. */
  readonly socket: string;
  /** Name in events; another one where there are two engines. Default `docker`. */
  readonly name?: string;
  /** How far an earlier run had heard it: ends since then are told by its events. Default: ends from now on. */
  readonly heardTo?: Micros | null;
  /** How often a silent engine is asked whether it lives. Default 10 s. */
  readonly heartbeatMs?: number;
  /** How often its list is compared with its events. Default 60 s. */
  readonly compareMs?: number;
  /** How long a healthy engine may take for a simple answer. Default 5 s. */
  readonly answerMs?: number;
  /** How long it may take for the list. Default 30 s. */
  readonly listMs?: number;
}

export interface DockerSource extends Source {
  /** What was received and not used, by reason. */
  dropped(): Readonly<Record<string, number>>;
}

/**
 * Follows Docker Engine, or podman by its Docker-compatible API: every container, its PID 1, every end of every life, and
 * who was asked to end.
 */
export function createDockerSource(options: DockerSourceOptions): DockerSource {
  const { host, socket, name = 'docker', heartbeatMs = 10_000, compareMs = COMPARE_MS, answerMs = 5_000, listMs = 30_000 } = options;
  const { clock } = host;
  const tally = createTally();
  const containers: Containers = new Map();
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let toldTo: Micros | null = options.heardTo ?? null;
  let running: Promise<void> = Promise.resolve();

  async function connect(emit: Emit, ready: () => void): Promise<void> {
    // Ends everything of this connection, whatever ended it.
    const over = new AbortController();
    const end = (): void => {
      over.abort();
    };
    stopping.signal.addEventListener('abort', end);
    if (isStopping()) end();
    const client = createClient({ socket: host.path(socket), clock, tally, signal: over.signal, answerMs, listMs });
    try {
      await runSession({
        source: name,
        emit,
        clock,
        client,
        containers,
        tally,
        heartbeatMs,
        compareMs,
        toldTo,
        told(to) {
          toldTo = Math.max(to, toldTo ?? 0);
        },
        ready,
      });
    } finally {
      stopping.signal.removeEventListener('abort', end);
      end();
      client.close();
    }
  }

  async function follow(emit: Emit): Promise<void> {
    await keepConnected({ source: name, socket, service: "Docker Engine's API", clock, stopping: stopping.signal, emit }, (ready) => connect(emit, ready));
  }

  return {
    name,
    kind: 'exits',
    start(emit) {
      running = follow(emit).catch((error: unknown) => {
        emit({ type: 'down', source: name, why: `following ${socket} failed: ${String(error)}`, cure: null });
      });
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    dropped: () => tally.counts(),
  };
}
