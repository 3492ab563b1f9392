import { setMaxListeners } from 'node:events';
import protoText from '../../../proto/cri.proto';
import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';
import { MINUTE } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { openChannel } from '../grpc/channel.ts';
import type { ProtoCodec } from '../grpc/proto-codec.ts';
import { loadProto } from '../grpc/proto-codec.ts';
import { createTally } from '../grpc/tally.ts';
import { wait } from '../../host/wait.ts';
import { keepConnected } from '../keep-connected.ts';
import type { Source } from '../source.ts';
import { connectCri } from './client.ts';
import type { CriClient } from './client.ts';
import { ContainerWatch } from './container-watch.ts';

export interface CriSourceOptions {
  readonly host: Host;
  /** Path of the socket on the host. */
  readonly socket: string;
  /** Name in events; another one where there are two runtimes. Default `cri`. */
  readonly name?: string;
  /**
   * How often the list is read. Default 10 s: kubelet keeps the last dead container of every name. Where no event
   * stream stands beside it (CRI-O), 2 s, since a deleted pod's containers are removed within seconds.
   */
  readonly intervalMs?: number;
  /** No event stream tells exits of this runtime: a container that is gone before its end was read is a gap. */
  readonly alone?: boolean;
  /** How long an answer may take. Default 10 s. */
  readonly answerMs?: number;
}

export interface CriSource extends Source {
  /** Reads one container's status soon and again (its end and reason come a moment after the event); without an id, the list. */
  poke(containerId?: string): void;
  /** What was received and not used, by reason. */
  dropped(): Readonly<Record<string, number>>;
}

/** When a poked container is looked at, each after the one before: the runtime settles its end within a second or so. */
const POKE_AFTER_MS = [30, 250, 1_000, 3_000];
/** In a storm of ends the next list tells the rest: kubelet needs the runtime too. */
const MAX_POKES = 16;
/** A pause up to this long loses no end: kubelet removes a dead container only for a newer one of the same name. */
const LOSSLESS_PAUSE: Micros = MINUTE;

/** Reads identity, limits, reasons and past exits from the CRI, by list and status calls alone. */
export function createCriSource(options: CriSourceOptions): CriSource {
  const { host, socket, name = 'cri', alone = false, intervalMs = alone ? 2_000 : 10_000, answerMs = 10_000 } = options;
  const { clock } = host;
  const tally = createTally();
  const stopping = new AbortController();
  // One for each container that is looked at: not a leak, of which Node.js would warn on standard error.
  setMaxListeners(0, stopping.signal);
  const isStopping = (): boolean => stopping.signal.aborted;
  const pokes = new Set<Promise<void>>();
  let wake = new AbortController();
  let current: { readonly client: CriClient; readonly watch: ContainerWatch } | null = null;
  let lastPoll: Micros | null = null;
  let running: Promise<void> = Promise.resolve();

  async function serve(emit: Emit, codec: ProtoCodec, watch: ContainerWatch, ready: () => void): Promise<never> {
    const channel = await openChannel(host.path(socket), clock);
    const close = (): void => {
      channel.close();
      wake.abort();
    };
    stopping.signal.addEventListener('abort', close);
    if (isStopping()) close();
    try {
      const client = await connectCri(channel, codec, answerMs, tally);
      current = { client, watch };
      for (let first = true; ; first = false) {
        wake = new AbortController();
        const begin = clock.now();
        const { size, removed } = await watch.poll(client);
        if (first) {
          ready();
          const { runtimeName, runtimeVersion } = client.version;
          emit({ type: 'up', source: name, detail: `${runtimeName} ${runtimeVersion} by CRI ${client.api}, ${size} containers` });
        }
        tellRemoved(emit, removed, begin);
        const continues = lastPoll !== null && begin - lastPoll < LOSSLESS_PAUSE;
        emit({ type: 'covered', source: name, from: continues ? null : begin, to: begin });
        lastPoll = begin;
        await wait(clock, intervalMs, wake.signal);
      }
    } finally {
      current = null;
      stopping.signal.removeEventListener('abort', close);
      channel.close();
    }
  }

  function tellRemoved(emit: Emit, removed: readonly string[], now: Micros): void {
    for (const id of removed) {
      tally.count('removed-before-its-end-was-read');
      const why = `container ${id} ended and was removed between two looks at the runtime's list: its exit was not seen`;
      if (alone) emit({ type: 'gap', source: name, from: lastPoll, to: now, why });
    }
  }

  async function follow(emit: Emit): Promise<void> {
    const codec = await loadProto(protoText);
    const watch = new ContainerWatch({ source: name, emit, clock, tally });
    await keepConnected({ source: name, socket, service: 'the CRI', clock, stopping: stopping.signal, emit }, (ready) => serve(emit, codec, watch, ready));
  }

  async function lookUntilSettled(id: string): Promise<void> {
    for (const ms of POKE_AFTER_MS) {
      await wait(clock, ms, stopping.signal);
      if (isStopping() || current === null || current.watch.isSettled(id)) return;
      if (!(await current.watch.look(current.client, id))) return;
    }
  }

  return {
    name,
    kind: 'exits',
    start(emit) {
      running = follow(emit).catch((error: unknown) => {
        emit({ type: 'down', source: name, why: `reading ${socket} failed: ${String(error)}`, cure: null });
      });
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await Promise.all([running, ...pokes]);
    },
    poke(containerId) {
      if (containerId === undefined) {
        wake.abort();
        return;
      }
      if (pokes.size >= MAX_POKES) return;
      const poke = lookUntilSettled(containerId)
        .catch(() => {
          // The next poll reads it again.
          tally.count('look-failed');
        })
        .finally(() => pokes.delete(poke));
      pokes.add(poke);
    },
    dropped: () => tally.counts(),
  };
}
