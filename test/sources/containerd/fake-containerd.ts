import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import * as z from 'zod/mini';
import protoText from '../../../proto/containerd.proto';
import type { ProtoCodec } from '../../../src/sources/grpc/proto-codec.ts';
import { loadProto } from '../../../src/sources/grpc/proto-codec.ts';
import { FakeServer, Refusal } from '../grpc/fake-server.ts';

export interface FakeTask {
  readonly pid: number;
  readonly status: number;
  readonly exitStatus?: number;
  readonly exitedAt?: { readonly seconds: string; readonly nanos: number };
}

export interface FakeContainer {
  readonly labels?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly spec?: unknown;
  readonly task?: FakeTask;
}

/** containerd's native API as far as it is used, over a table that tests change. Keys are `namespace/id`. */
export class FakeContainerd {
  readonly containers = new Map<string, FakeContainer>();
  readonly calls: string[] = [];
  /** Awaited before a call of that name is answered. */
  readonly before = new Map<string, () => Promise<void> | void>();
  filters: readonly string[] = [];
  #server: FakeServer | null = null;
  #subscribers = new Set<ServerWritableStream<Buffer, Buffer>>();
  readonly #codec: ProtoCodec;
  readonly socket: string;

  private constructor(socket: string, codec: ProtoCodec) {
    this.socket = socket;
    this.#codec = codec;
  }

  static async start(socket: string): Promise<FakeContainerd> {
    const fake = new FakeContainerd(socket, await loadProto(protoText));
    await fake.up();
    return fake;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  down(): void {
    this.#server?.kill();
    this.#subscribers.clear();
  }

  async up(): Promise<void> {
    const codec = this.#codec;
    const called = async (name: string): Promise<void> => {
      this.calls.push(name);
      await this.before.get(name)?.();
    };
    const inside = (namespace: string) => [...this.containers].filter(([key]) => key.startsWith(`${namespace}/`)).map(([key, container]) => ({ id: key.slice(namespace.length + 1), ...container }));
    const namespaceOf = (metadata: { get(key: string): unknown[] }) => String(metadata.get('containerd-namespace')[0]);
    this.#server = await FakeServer.listen(this.socket, {
      unary: {
        '/containerd.services.version.v1.Version/Version': async () => {
          await called('Version');
          return codec.encode('VersionResponse', { version: '1.7.0' });
        },
        '/containerd.services.namespaces.v1.Namespaces/List': async () => {
          await called('Namespaces');
          const names = new Set([...this.containers.keys()].map((key) => key.split('/')[0]));
          return codec.encode('ListNamespacesResponse', { namespaces: [...names].map((name) => ({ name })) });
        },
        '/containerd.services.containers.v1.Containers/Get': async (request, metadata) => {
          await called('Get');
          const { id } = z.object({ id: z.string() }).parse(codec.decode('GetContainerRequest', request));
          const found = inside(namespaceOf(metadata)).find((container) => container.id === id);
          if (!found) throw new Refusal(status.NOT_FOUND, 'not found');
          return codec.encode('GetContainerResponse', { container: record(found) });
        },
        '/containerd.services.tasks.v1.Tasks/List': async (_, metadata) => {
          await called('Tasks');
          const tasks = inside(namespaceOf(metadata)).flatMap(({ id, task }) => (task ? [{ id, ...task }] : []));
          return codec.encode('ListTasksResponse', { tasks });
        },
      },
      stream: {
        '/containerd.services.containers.v1.Containers/ListStream': (_, stream) => {
          void called('Containers').then(() => {
            for (const container of inside(namespaceOf(stream.metadata))) stream.write(codec.encode('GetContainerResponse', { container: record(container) }));
            stream.end();
          });
        },
        '/containerd.services.events.v1.Events/Subscribe': (request, stream) => {
          this.calls.push('Subscribe');
          this.filters = z.object({ filters: z.array(z.string()) }).parse(codec.decode('SubscribeRequest', request)).filters;
          this.#subscribers.add(stream);
          stream.on('cancelled', () => this.#subscribers.delete(stream));
        },
      },
    });
  }

  publish(namespace: string, topic: string, type: string, fields: Record<string, unknown>): void {
    const event = { typeUrl: `containerd.events.${type}`, value: this.#codec.encode(type, fields) };
    const nowMs = Date.now();
    const timestamp = { seconds: String(Math.floor(nowMs / 1_000)), nanos: (nowMs % 1_000) * 1_000_000 };
    this.publishRaw(this.#codec.encode('Envelope', { timestamp, namespace, topic, event }));
  }

  publishRaw(bytes: Buffer): void {
    for (const stream of this.#subscribers) stream.write(bytes);
  }

  /** Ends every event stream in good order, leaving the connection. */
  endStreams(): void {
    for (const stream of this.#subscribers) stream.end();
    this.#subscribers.clear();
  }
}

function record({ id, labels = {}, image = '', spec }: FakeContainer & { readonly id: string }) {
  const value = typeof spec === 'string' ? Buffer.from(spec) : Buffer.from(JSON.stringify(spec ?? {}));
  return { id, labels, image, runtime: { name: 'io.containerd.runc.v2' }, spec: { typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Spec', value } };
}
