import type { Host } from '../../host/host.ts';
import { wait } from '../../host/wait.ts';
import { Backoff } from '../../lib/backoff.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { explainRpc } from '../grpc/rpc-error.ts';
import { createTally } from '../grpc/tally.ts';
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
  /** How often a silent engine is asked whether it lives. Default 10 s. */
  readonly heartbeatMs?: number;
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
  const { host, socket, name = 'docker', heartbeatMs = 10_000, answerMs = 5_000, listMs = 30_000 } = options;
  const { clock } = host;
  const tally = createTally();
  const containers: Containers = new Map();
  const stopping = new AbortController();
  const backoff = new Backoff();
  const isStopping = (): boolean => stopping.signal.aborted;
  let toldTo: Micros | null = null;
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
    let said: string | null = null;
    const ready = (): void => {
      said = null;
      backoff.reset();
    };
    while (!isStopping()) {
      try {
        await connect(emit, ready);
      } catch (error) {
        if (isStopping()) return;
        const { why, cure } = explainRpc(error, socket, "Docker Engine's API");
        if (why !== said) emit({ type: 'down', source: name, why, cure });
        said = why;
      }
      await wait(clock, backoff.next(), stopping.signal);
    }
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
