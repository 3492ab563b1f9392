import { status } from '@grpc/grpc-js';
import * as z from 'zod/mini';
import protoText from '../../../proto/cri.proto';
import { loadProto } from '../../../src/sources/grpc/proto-codec.ts';
import { FakeServer, Refusal } from '../grpc/fake-server.ts';
import type { UnaryHandler } from '../grpc/fake-server.ts';

export interface FakeCriContainer {
  /** 0 created, 1 running, 2 exited. */
  readonly state: number;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly info?: Readonly<Record<string, unknown>> | string;
  /** Its status is never answered. */
  readonly hangs?: boolean;
}

const requestSchema = z.object({ containerId: z.string(), verbose: z.boolean() });

/** The CRI as far as it is used, over a table that tests change. */
export class FakeCri {
  readonly containers = new Map<string, FakeCriContainer>();
  readonly calls: string[] = [];
  /** Answers a call of that name instead. */
  readonly instead = new Map<string, UnaryHandler>();
  readonly socket: string;
  readonly #api: string;
  #server: FakeServer | null = null;

  private constructor(socket: string, api: string) {
    this.socket = socket;
    this.#api = api;
  }

  static async start(socket: string, api = 'runtime.v1'): Promise<FakeCri> {
    const fake = new FakeCri(socket, api);
    await fake.up();
    return fake;
  }

  down(): void {
    this.#server?.kill();
  }

  async up(): Promise<void> {
    const codec = await loadProto(protoText);
    const answers: Record<string, UnaryHandler> = {
      Version: () => codec.encode('VersionResponse', { runtimeName: 'cri-o', runtimeVersion: '1.30.0' }),
      ListContainers: () =>
        codec.encode('ListContainersResponse', { containers: [...this.containers].map(([id, { state }]) => ({ id, state })) }),
      ContainerStatus: (request) => {
        const { containerId, verbose } = requestSchema.parse(codec.decode('ContainerStatusRequest', request));
        const found = this.containers.get(containerId);
        if (!found) throw new Refusal(status.NOT_FOUND, 'not found');
        this.calls.push(`ContainerStatus ${containerId}${verbose ? ' verbose' : ''}`);
        if (found.hangs === true) return new Promise<Buffer>(() => undefined);
        const info = typeof found.info === 'string' ? found.info : JSON.stringify(found.info ?? {});
        return codec.encode('ContainerStatusResponse', {
          status: { id: containerId, state: found.state, ...found.status },
          info: verbose ? { info } : {},
        });
      },
    };
    const unary = Object.fromEntries(
      Object.entries(answers).map(([name, answer]): [string, UnaryHandler] => [
        `/${this.#api}.RuntimeService/${name}`,
        (request, metadata) => {
          this.calls.push(name);
          return (this.instead.get(name) ?? answer)(request, metadata);
        },
      ]),
    );
    this.#server = await FakeServer.listen(this.socket, { unary });
  }
}
