import protoText from '../../../proto/containerd.proto';
import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { openChannel } from '../grpc/channel.ts';
import type { ProtoCodec } from '../grpc/proto-codec.ts';
import { loadProto } from '../grpc/proto-codec.ts';
import { createTally } from '../grpc/tally.ts';
import { COMPARE_MS } from '../deafness.ts';
import { keepConnected } from '../keep-connected.ts';
import type { Source } from '../source.ts';
import { createClient } from './client.ts';
import { ContainerTable } from './container-table.ts';
import { runSession } from './session.ts';

export interface ContainerdSourceOptions {
  readonly host: Host;
  /** Path of the socket on the host. */
  readonly socket: string;
  /** Name in events; another one where there are two runtimes. Default `containerd`. */
  readonly name?: string;
  /** Only these containerd namespaces; default all. */
  readonly namespaces?: readonly string[];
  /** How often a silent runtime is asked whether it lives. Default 10 s. */
  readonly heartbeatMs?: number;
  /** How often its list is compared with its events. Default 60 s. */
  readonly compareMs?: number;
  /** How long a healthy runtime may take for a simple answer. Default 5 s. */
  readonly answerMs?: number;
  /** How long it may take for a list. Default 30 s. */
  readonly listMs?: number;
  /** More has been told than can be taken now: what happens is to wait at the runtime's. Default never. */
  readonly isFull?: () => boolean;
}

export interface ContainerdSource extends Source {
  /** What was received and not used, by reason. */
  dropped(): Readonly<Record<string, number>>;
}

/** Follows containerd's native event stream: every container of every namespace, its PID 1, and its end at once. */
export function createContainerdSource(options: ContainerdSourceOptions): ContainerdSource {
  const { host, socket, name = 'containerd', namespaces = [], heartbeatMs = 10_000, compareMs = COMPARE_MS, answerMs = 5_000, listMs = 30_000 } = options;
  const { clock } = host;
  const tally = createTally();
  const table = new ContainerTable();
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let lastHeard: Micros | null = null;
  let running: Promise<void> = Promise.resolve();

  async function connect(emit: Emit, codec: ProtoCodec, ready: () => void): Promise<void> {
    const channel = await openChannel(host.path(socket), clock, options.isFull);
    const close = (): void => {
      channel.close();
    };
    stopping.signal.addEventListener('abort', close);
    if (isStopping()) close();
    try {
      await runSession({
        source: name,
        emit,
        clock,
        client: createClient(channel, codec, { answerMs, listMs }, tally),
        table,
        tally,
        namespaces,
        heartbeatMs,
        compareMs,
        lastHeard,
        heard(at) {
          lastHeard = at;
        },
        ready,
      });
    } finally {
      stopping.signal.removeEventListener('abort', close);
      channel.close();
    }
  }

  async function follow(emit: Emit): Promise<void> {
    const codec = await loadProto(protoText);
    await keepConnected({ source: name, socket, service: "containerd's own API", clock, stopping: stopping.signal, emit }, (ready) => connect(emit, codec, ready));
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
