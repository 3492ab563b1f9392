import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectCri } from '../../../src/sources/cri/client.ts';
import { createClient } from '../../../src/sources/containerd/client.ts';
import type { Channel } from '../../../src/sources/grpc/channel.ts';
import type { ProtoCodec } from '../../../src/sources/grpc/proto-codec.ts';
import { RPC_STATUS, RpcError } from '../../../src/sources/grpc/rpc-error.ts';
import { createTally } from '../../../src/sources/grpc/tally.ts';

/** Whoever reaches a runtime's socket is root on the node; these calls, which change nothing, are all that is used of it. */
const CONTAINERD = [
  '/containerd.services.containers.v1.Containers/Get',
  '/containerd.services.containers.v1.Containers/ListStream',
  '/containerd.services.events.v1.Events/Subscribe',
  '/containerd.services.namespaces.v1.Namespaces/List',
  '/containerd.services.tasks.v1.Tasks/List',
  '/containerd.services.version.v1.Version/Version',
];
const CRI = ['v1', 'v1alpha2'].flatMap((api) => ['ContainerStatus', 'ListContainers', 'Version'].map((call) => `/runtime.${api}.RuntimeService/${call}`));
const READS = /\/(Get|List\w*|Subscribe|Version|\w+Status)$/;

const src = join(import.meta.dirname, '../../../src');
const security = readFileSync(join(src, '../docs/security.md'), 'utf8');

/** A channel that notes what is called. */
function recorder(fail = false): { channel: Channel; called: string[] } {
  const called: string[] = [];
  const channel: Channel = {
    unary(path) {
      called.push(path);
      const status = fail ? RPC_STATUS.UNIMPLEMENTED : RPC_STATUS.NOT_FOUND;
      return fail && path.includes('.v1alpha2.') ? Promise.resolve(Buffer.alloc(0)) : fail ? Promise.reject(new RpcError(status, 'no', path)) : Promise.resolve(Buffer.alloc(0));
    },
    stream(path, _request, _options, handlers) {
      called.push(path);
      handlers.end(null);
      return () => undefined;
    },
    close: () => undefined,
  };
  return { channel, called };
}
