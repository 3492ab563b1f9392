import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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


/** A channel that notes what is called, and answers nothing; a codec that knows a version alone. */
function recorder(status: number): { channel: Channel; called: string[] } {
  const called: string[] = [];
  const channel: Channel = {
    unary(path) {
      called.push(path);
      return path.includes('.v1.RuntimeService/') && status === RPC_STATUS.UNIMPLEMENTED ? Promise.reject(new RpcError(status, 'no')) : Promise.resolve(Buffer.alloc(0));
    },
    stream(path, _request, _options, listener) {
      called.push(path);
      listener.end(null);
      return () => undefined;
    },
    close: () => undefined,
  };
  return { channel, called };
}
const codec: ProtoCodec = {
  encode: () => Buffer.alloc(0),
  decode: () => ({ runtimeName: 'x', runtimeVersion: '1', version: '1', namespaces: [], tasks: [], containers: [], container: null }),
};

it('of containerd only these calls are made, whatever the client is asked to do', async () => {
  const { channel, called } = recorder(0);
  const client = createClient(channel, codec, { answerMs: 1, listMs: 1 }, createTally());
  const ignored = (): void => undefined;
  const all = {
    version: () => client.version(),
    namespaces: () => client.namespaces(),
    containers: () => client.containers('n', ignored),
    container: () => client.container('n', 'id'),
    tasks: () => client.tasks('n'),
    subscribe: () => Promise.resolve(client.subscribe([], ignored, ignored)),
  } satisfies Record<keyof typeof client, () => Promise<unknown>>;
  for (const ask of Object.values(all)) await ask().catch(ignored);
  expect(called.sort()).toEqual(CONTAINERD);
});

it('of a CRI only these', async () => {
  const called: string[] = [];
  for (const status of [0, RPC_STATUS.UNIMPLEMENTED]) {
    const one = recorder(status);
    const cri = await connectCri(one.channel, codec, 1, createTally());
    await cri.list();
    await cri.status('id', true);
    called.push(...one.called);
  }
  expect([...new Set(called)].sort()).toEqual(CRI.toSorted());
});

it('no other call is written down in the sources, and docs/security.md names each', () => {
  const files = readdirSync(join(src, 'sources'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(join(src, 'sources', name), 'utf8'));
  const named = texts.flatMap((text) => [...text.matchAll(/\.v1\.(\w+\/\w+)`|ask\(\w+, '(\w+)'/g)].map(([, native, cri]) => native ?? `RuntimeService/${String(cri)}`));
  const short = (path: string): string => path.replace(/^.*\.(?=\w+\/)/, '');
  const allowed = [...new Set([...CONTAINERD, ...CRI].map(short))].sort();
  expect([...new Set(named)].sort()).toEqual(allowed);
  for (const call of allowed) {
    expect(call).toMatch(READS);
    expect(security).toContain(`\`${call}\``);
  }
  expect(files.filter((name, at) => !name.startsWith('grpc/') && /\.(unary|stream)\(|readStream\(/.test(texts[at] ?? '')).sort()).toEqual(['containerd/client.ts', 'cri/client.ts']);
});
