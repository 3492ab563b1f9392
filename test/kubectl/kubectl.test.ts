import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod/mini';
import { clusterAnswerSchema } from '../../src/model/cluster-answer.ts';
import { run, type Ran } from '../commands/run-why137.ts';
import { serve, type Served } from '../outputs/http/serve.ts';
import { at, oomKill, verdict } from '../store/samples.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { FAKE, inside, PATIENCE_MS, plugin, REAL } from './kubectls.ts';

/** Two agents: node1 knows the pod of now, node2 what was before, and a kill in a container that lives. */
let agents: [Served, Served];
let cluster: Cluster;

beforeAll(async () => {
  agents = [await serve(), await serve()];
  const [one, two] = agents.map(({ store }) => store);
  one?.putVerdict(verdict('v1', { oomKills: ['k1'] }));
  one?.putVerdict(verdict('v2', { container: { containerName: 'sidecar' }, exit: { finishedAt: at(-7_200), code: 1 }, cause: 'program', family: 'program' }));
  one?.putOomKill(oomKill('k1'));
  two?.putVerdict(verdict('v3', { container: { podName: 'gone-1', podNamespace: 'batch' }, exit: { finishedAt: at(-60) }, cause: 'node-oom', family: 'node-wide' }));
  two?.putOomKill(oomKill('k8', { podUid: 'uid-alive', containerId: 'setup1', victim: { ...oomKill('k8').victim, comm: 'unzip' } }));
  two?.putOomKill(oomKill('k9', { podUid: 'uid-alive', containerId: 'living1', victim: { ...oomKill('k9').victim, comm: 'gzip' } }));
  cluster = await startCluster({
    agents: [
      { node: 'node1', url: agents[0].url },
      { node: 'node2', url: agents[1].url, ready: false },
    ],
    nodes: ['node1', 'node2', 'node3'],
    pods: {
      'shop/cart-7d9f': { node: 'node1', uid: 'uid-cart' },
      'batch/alive': { node: 'node2', uid: 'uid-alive', containers: { app: 'living1', other: 'living2' }, initContainers: { setup: 'setup1' } },
      'shop/apart': { node: 'node3', uid: 'uid-apart' },
    },
  });
});

afterAll(async () => {
  await cluster.close();
  await Promise.all(agents.map(({ http }) => http.close()));
});

const answerOf = ({ stdout }: Ran) => z.parse(clusterAnswerSchema, JSON.parse(stdout));
const squeeze = (text: string): string => text.replace(/\s+/g, ' ');

const ask = (...args: string[]): Promise<Ran> => inside(cluster, args);

it('explains a pod, asking the agent of its node alone', async () => {
  const before = cluster.requests.length;
  const { code, stdout, stderr } = await ask('pod', 'cart-7d9f', '-c', 'app');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^On node node1\nshop\/cart-7d9f · container app · exit 137 at 03:02:11\.482/);
  expect(stdout).toMatch(/Killed by the kernel\n +java \(48213\) +498 MiB/);
  expect(stdout).not.toContain('sidecar');
  const asked = cluster.requests.slice(before);
  expect(asked.filter(({ path }) => path.includes('/proxy/')).every(({ path }) => path.includes('why137-node1:9137'))).toBe(true);
});

it('finds a pod that is gone with all agents, and says which nodes are missing', async () => {
  const { code, stdout, stderr } = await ask('pod', 'batch/gone-1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^On node node2\nbatch\/gone-1/);
  expect(squeeze(stderr)).toContain('1 of 3 nodes is not in this answer. node3: no agent runs there');
  expect(stderr).toContain('node2: the agent there is not ready');
});

it('lists the exits of the cluster that fit, newest first', async () => {
  const { code, stdout } = await ask('-A', '--since', '1h');
  expect(code).toBe(0);
  expect(squeeze(stdout)).toMatch(/When Container Exit .* shop\/cart-7d9f.* 137 .*batch\/gone-1.* 137/);
  expect(stdout).not.toContain('program');
  const { items, missing } = answerOf(await ask('-A', '--cause', 'node-oom', '-o', 'json'));
  expect(items).toMatchObject([{ id: 'v3', node: 'node2', cause: 'node-oom' }]);
  expect(missing).toEqual([{ node: 'node3', agent: false, why: 'no agent runs there' }]);
});

it("keeps to the context's namespace unless told otherwise", async () => {
  const [own, named, none] = await Promise.all([ask('-o', 'json'), ask('-n', 'batch', '-o', 'json'), ask('-n', 'default')]);
  expect(answerOf(own).items.map(({ id }) => id)).toEqual(['v1', 'v2']);
  expect(answerOf(named).items.map(({ id }) => id)).toEqual(['v3']);
  expect(none).toMatchObject({ code: 3, stdout: '' });
  expect(none.stderr).toContain('No exit that fits is known in namespace default.');
});

it('lists the exits of one node', async () => {
  const { code, stdout } = await ask('node', 'node1', '-o', 'wide');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^When +Node +Container +Container id +Exit/);
  expect(stdout).toMatch(/^2026-11-23 03:02:11 +node1 +shop\/cart-7d9f app +v1c0ffee +137 /m);
  const none = await ask('node', 'node3');
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toContain('No why137 agent runs on node "node3"');
});

it('tells of kills in a container that lives', async () => {
  const { code, stdout } = await ask('pod', 'alive', '-n', 'batch', '-c', 'app');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^On node node2\nbatch\/alive\/app: no exit is known.*\n.*The kernel killed gzip/);
  expect((await ask('pod', 'alive', '-n', 'batch', '-c', 'setup')).stdout).toContain('The kernel killed unzip');
  expect(await ask('pod', 'alive', '-n', 'batch', '-c', 'other')).toMatchObject({ code: 3 });
});

it('says whether nothing is known, or whoever might know could not be asked', async () => {
  const [unknown, apart] = await Promise.all([ask('pod', 'nosuch'), ask('pod', 'apart')]);
  expect(unknown).toMatchObject({ code: 3, stdout: '' });
  expect(unknown.stderr).toContain('No exit and no OOM kill is known of shop/nosuch, and there is no such pod now');
  expect(apart).toMatchObject({ code: 1, stdout: '' });
  expect(squeeze(apart.stderr)).toContain('node3: no agent runs there, where the pod is');
});

describe.each([
  ['a fake kubectl', FAKE],
  ['a real kubectl', REAL],
])('as a program, with %s', (_, kubectl) => {
  it.skipIf(kubectl === null)('explains a pod, and hands on the flags for kubectl', { timeout: PATIENCE_MS }, async () => {
    const before = cluster.requests.length;
    const { code, stdout, stderr } = await plugin(kubectl ?? '', cluster, ['pod', 'cart-7d9f', '--as', 'jane', '--context=test']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^On node node1\nshop\/cart-7d9f · container app · exit 137 at 03:02:11\.482/);
    const asked = cluster.requests.slice(before);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.every(({ as }) => as === 'jane')).toBe(true);
  });

  it.skipIf(kubectl === null)('asks for the namespace default where the context names none', { timeout: PATIENCE_MS }, async () => {
    const { code, stdout, stderr } = await plugin(kubectl ?? '', cluster, ['--context', 'other']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('No exit that fits is known in namespace default.');
  });

  it.skipIf(kubectl === null)('says what is wrong with the kubeconfig', { timeout: PATIENCE_MS }, async () => {
    const { code, stderr } = await plugin(kubectl ?? '', cluster, ['-A', '--context', 'nope']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'why137: kubectl could not find the agents: context "nope" does not exist.\n' });
  });
});

describe.skipIf(REAL === null)('as a plugin of the real kubectl', () => {
  const dir = mkdtempSync(join(tmpdir(), 'why137-plugin-'));
  afterAll(() => { rmSync(dir, { recursive: true }); });

  it('is found on the PATH, and its exit status is kept', { timeout: PATIENCE_MS }, async () => {
    const program = join(dir, 'kubectl-why137');
    copyFileSync(inject('kubectlWhy137'), program);
    chmodSync(program, 0o755);
    const env = { PATH: `${dir}${delimiter}${process.env['PATH'] ?? ''}`, KUBECONFIG: cluster.kubeconfig, TZ: 'UTC' };
    const { code, stdout, stderr } = await run('kubectl', ['why137', 'pod', 'nosuch'], { env, timeoutMs: PATIENCE_MS });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('No exit and no OOM kill is known of shop/nosuch');
  });
});
