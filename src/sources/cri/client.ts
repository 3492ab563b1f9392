import type { CallOptions, Channel } from '../grpc/channel.ts';
import type { ProtoCodec } from '../grpc/proto-codec.ts';
import { RPC_STATUS, RpcError, hasStatus } from '../grpc/rpc-error.ts';
import type { Tally } from '../grpc/tally.ts';
import { listSchema, listedSchema, statusReplySchema, versionSchema } from './messages.ts';
import type { Listed, StatusReply, Version } from './messages.ts';

/** The calls of the CRI that are used; none of them changes anything. */
export interface CriClient {
  readonly version: Version;
  /** Which of the CRI's packages the runtime serves. */
  readonly api: 'v1' | 'v1alpha2';
  list(): Promise<readonly Listed[]>;
  /** null when it is gone, or its answer is of no use (counted). */
  status(id: string, verbose: boolean): Promise<StatusReply | null>;
}

/**
 * Asks for `runtime.v1` first and falls back on `runtime.v1alpha2` (containerd before 1.5, CRI-O before 1.20).
 * @throws {RpcError}
 */
export async function connectCri(channel: Channel, codec: ProtoCodec, timeoutMs: number, tally: Tally): Promise<CriClient> {
  const options: CallOptions = { timeoutMs };
  const ask = (api: string, method: string, request: Buffer) => channel.unary(`/runtime.${api}.RuntimeService/${method}`, request, options);
  const askVersion = async (api: string): Promise<Version> =>
    versionSchema.parse(codec.decode('VersionResponse', await ask(api, 'Version', codec.encode('VersionRequest', { version: api }))));

  const [api, version] = await askVersion('v1').then(
    (answer) => ['v1', answer] as const,
    async (error: unknown) => {
      if (!hasStatus(error, RPC_STATUS.UNIMPLEMENTED)) throw error;
      return ['v1alpha2', await askVersion('v1alpha2')] as const;
    },
  );
  return {
    version,
    api,
    async list() {
      const reply = await ask(api, 'ListContainers', codec.encode('ListContainersRequest', {}));
      return listSchema.parse(codec.decode('ListContainersResponse', reply)).containers.flatMap((item) => {
        const listed = listedSchema.safeParse(item);
        if (!listed.success) tally.count('unreadable-container');
        return listed.success ? [listed.data] : [];
      });
    },
    async status(id, verbose) {
      try {
        const reply = await ask(api, 'ContainerStatus', codec.encode('ContainerStatusRequest', { containerId: id, verbose }));
        return statusReplySchema.parse(codec.decode('ContainerStatusResponse', reply));
      } catch (error) {
        if (hasStatus(error, RPC_STATUS.NOT_FOUND)) return null;
        // A runtime that works on a container may hold back its status alone.
        if (hasStatus(error, RPC_STATUS.DEADLINE_EXCEEDED)) await askVersion(api);
        else if (isBroken(error)) throw error;
        // One odd container must not hide all others.
        tally.count(error instanceof RpcError ? 'status-refused' : 'unreadable-status');
        return null;
      }
    },
  };
}

/** Whether the connection, and not this one question, is at fault. */
function isBroken(error: unknown): boolean {
  return [RPC_STATUS.UNAVAILABLE, RPC_STATUS.CANCELLED].some((status) => hasStatus(error, status));
}
