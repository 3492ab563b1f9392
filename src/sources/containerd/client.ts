import type { Channel } from '../grpc/channel.ts';
import { readStream } from '../grpc/channel.ts';
import type { ProtoCodec } from '../grpc/proto-codec.ts';
import { RPC_STATUS, hasStatus } from '../grpc/rpc-error.ts';
import type { RpcError } from '../grpc/rpc-error.ts';
import type { Tally } from '../grpc/tally.ts';
import type { ContainerdEvent } from './events.ts';
import { TOPICS, readEvent } from './events.ts';
import type { ContainerRecord, Task } from './messages.ts';
import { containerReplySchema, namespacesSchema, taskSchema, tasksSchema, versionSchema } from './messages.ts';

/** The calls of containerd's native API that are used; none of them changes anything. */
export interface ContainerdClient {
  /** Also the sign of life: the event stream has none of its own. */
  version(): Promise<string>;
  namespaces(): Promise<readonly string[]>;
  /** Hands over one container at a time: a spec is tens of kilobytes, and a node has hundreds. */
  containers(namespace: string, each: (record: ContainerRecord) => void): Promise<void>;
  /** null when it is gone. */
  container(namespace: string, id: string): Promise<ContainerRecord | null>;
  tasks(namespace: string): Promise<readonly Task[]>;
  /** Events of these namespaces (empty: all) from now on; there is no replay. Returns how to end it. */
  subscribe(namespaces: readonly string[], event: (event: ContainerdEvent) => void, end: (error: RpcError | null) => void): () => void;
}

export interface Timeouts {
  /** For what a healthy runtime answers at once. */
  readonly answerMs: number;
  /** For lists: containerd asks every shim for its task. */
  readonly listMs: number;
}

const SERVICE = '/containerd.services';

export function createClient(channel: Channel, codec: ProtoCodec, { answerMs, listMs }: Timeouts, tally: Tally): ContainerdClient {
  const empty = codec.encode('Empty', {});
  const inNamespace = (namespace: string, timeoutMs: number) => ({ timeoutMs, metadata: { 'containerd-namespace': namespace } });
  return {
    async version() {
      const reply = await channel.unary(`${SERVICE}.version.v1.Version/Version`, empty, { timeoutMs: answerMs });
      return versionSchema.parse(codec.decode('VersionResponse', reply)).version;
    },
    async namespaces() {
      const reply = await channel.unary(`${SERVICE}.namespaces.v1.Namespaces/List`, empty, { timeoutMs: answerMs });
      return namespacesSchema.parse(codec.decode('ListNamespacesResponse', reply)).namespaces.map(({ name }) => name);
    },
    containers(namespace, each) {
      return readStream(channel, `${SERVICE}.containers.v1.Containers/ListStream`, empty, inNamespace(namespace, listMs), (message) => {
        const record = attempt(() => containerReplySchema.parse(codec.decode('GetContainerResponse', message)).container);
        if (record === null) tally.count('unreadable-container');
        else each(record);
      });
    },
    async container(namespace, id) {
      try {
        const request = codec.encode('GetContainerRequest', { id });
        const reply = await channel.unary(`${SERVICE}.containers.v1.Containers/Get`, request, inNamespace(namespace, answerMs));
        return containerReplySchema.parse(codec.decode('GetContainerResponse', reply)).container;
      } catch (error) {
        if (hasStatus(error, RPC_STATUS.NOT_FOUND)) return null;
        throw error;
      }
    },
    async tasks(namespace) {
      const reply = await channel.unary(`${SERVICE}.tasks.v1.Tasks/List`, empty, inNamespace(namespace, listMs));
      return tasksSchema.parse(codec.decode('ListTasksResponse', reply)).tasks.flatMap((item) => {
        const task = taskSchema.safeParse(item);
        if (!task.success) tally.count('unreadable-task');
        return task.success ? [task.data] : [];
      });
    },
    subscribe(namespaces, event, end) {
      const topics = TOPICS.map((topic) => `topic=="${topic}"`);
      const filters = namespaces.length === 0 ? topics : namespaces.flatMap((ns) => topics.map((topic) => `namespace==${JSON.stringify(ns)},${topic}`));
      return channel.stream(`${SERVICE}.events.v1.Events/Subscribe`, codec.encode('SubscribeRequest', { filters }), { timeoutMs: null }, {
        message(bytes) {
          const read = attempt(() => readEvent(codec, bytes));
          if (read === null) tally.count('unreadable-event');
          else event(read);
        },
        end,
      });
    },
  };
}

/** A hostile or odd answer must not end the daemon. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
