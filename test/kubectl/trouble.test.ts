import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { clusterAnswerSchema } from '../../src/model/cluster-answer.ts';
import type { Ran } from '../commands/run-why137.ts';
import { serve, type Served } from '../outputs/http/serve.ts';
import { at, verdict } from '../store/samples.ts';
import { startCluster, status, type AgentSpec, type Cluster } from './cluster.ts';
import { FAKE, inside, PATIENCE_MS, plugin, REAL } from './kubectls.ts';

let agent: Served;
const clusters: Cluster[] = [];
beforeAll(async () => {
  agent = await serve();
  for (let i = 0; i < 600; i += 1) agent.store.putVerdict(verdict(`v${String(i).padStart(3, '0')}`, { exit: { finishedAt: at(-i) } }));
  return () => agent.http.close();
});
afterEach(() => Promise.all(clusters.splice(0).map((one) => one.close())));

async function cluster(...spec: Parameters<typeof startCluster>): Promise<Cluster> {
  const started = await startCluster(...spec);
  clusters.push(started);
  return started;
}

const run = (here: Cluster, ...args: string[]): Promise<Ran> => inside(here, args);
const good = (): AgentSpec => ({ node: 'good', url: agent.url });
const squeeze = ({ stderr }: Ran): string => stderr.replace(/\s+/g, ' ');
const itemsOf = ({ stdout }: Ran) => z.parse(clusterAnswerSchema, JSON.parse(stdout)).items;

const answers = (code: number, type: string, text: string) => (response: ServerResponse) => {
  response.writeHead(code, { 'Content-Type': type });
  response.end(text);
};
const unreachable = (why: string) => (response: ServerResponse) => {
  status(response, 503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
};

const forbidden = (response: ServerResponse): void => {
  status(response, 403, 'Forbidden', 'pods "x:9137" is forbidden: User "dev" cannot get resource "pods/proxy" in API group "" in the namespace "why137"');
};

/** What is in the way of one agent, and what is said of it. */
const TROUBLE: readonly (readonly [string, Partial<AgentSpec>, RegExp])[] = [
  ['not-started', { phase: 'Pending', waiting: 'ImagePullBackOff' }, /the agent's pod does not run: Pending, ImagePullBackOff/],
  ['crashing', { waiting: 'CrashLoopBackOff', ready: false }, /the agent's pod does not run: Running, CrashLoopBackOff/],
  ['on-loopback', { url: null }, /nothing listens at port 9137 of the agent's pod: its --listen names a loopback address or another port/],
  ['other-port', { url: null, port: { name: 'http', containerPort: 9000 } }, /nothing listens at port 9000/],
  ['firewalled', { proxy: unreachable('dial tcp 10.0.0.9:9137: i/o timeout') }, /does not reach the agent's pod .*NetworkPolicy/],
  ['speaks-tls', { proxy: unreachable('EOF') }, /may speak TLS \(--agent-scheme https\)/],
  ['go-tls', { proxy: answers(400, 'text/plain', 'Client sent an HTTP request to an HTTPS server.\n') }, /it speaks TLS/],
  ['no-tls', { port: { name: 'https', containerPort: 9137 }, proxy: unreachable('http: server gave HTTP response to HTTPS client') }, /speaks no TLS \(--agent-scheme http\)/],
  ['with-token', { proxy: answers(401, 'application/problem+json', '{}') }, /asks for a token \(HTTP 401\).*--agent-token-file/],
  ['no-right', { proxy: forbidden }, /you may not use the API server's proxy to pods in namespace why137/],
  ['behind-policy', { proxy: answers(403, 'application/problem+json', '{}') }, /refuses to answer .*HTTP 403/],
  ['other-program', { proxy: answers(404, 'text/html', '<html>') }, /is not a why137 agent of this version \(HTTP 404\)/],
  ['other-json', { proxy: answers(200, 'application/json', '{"items":[{"kind":"Pod"}],"next":null}') }, /is not a why137 agent of this version$/],
  ['endless', { proxy: answers(200, 'application/json', '{"items":[],"next":"again"}') }, /has no end/],
];

it('says for each node what is in the way, and what would cure it', async () => {
  const troubled = TROUBLE.map(([node, spec]) => ({ node, url: agent.url, ...spec }));
  const here = await cluster({ agents: [good(), ...troubled], nodes: 'forbidden' });
  const ran = await run(here, '-A', '--limit', '1', '-o', 'json');
  expect(ran.code).toBe(0);
  const { items, missing } = z.parse(clusterAnswerSchema, JSON.parse(ran.stdout));
  expect(items).toMatchObject([{ id: 'v000', node: 'good' }]);
  expect(missing.map(({ node }) => node)).toEqual(TROUBLE.map(([node]) => node).sort());
  for (const [node, , words] of TROUBLE) expect(missing.find((one) => one.node === node)?.why).toMatch(words);
  expect(squeeze(ran)).toContain('14 of 15 nodes are not in this answer.');
});

/** Those whose answer kubectl turns into words of its own. */
const TOLD_BY_KUBECTL = ['on-loopback', 'go-tls', 'with-token', 'no-right', 'behind-policy', 'other-program'];

describe.each([
  ['a fake kubectl', FAKE],
  ['a real kubectl', REAL],
])('as a program, with %s', (_, kubectl) => {
  it.skipIf(kubectl === null)('understands the words of kubectl', { timeout: PATIENCE_MS }, async () => {
    const told = TROUBLE.filter(([node]) => TOLD_BY_KUBECTL.includes(node));
    const here = await cluster({ agents: told.map(([node, spec]) => ({ node, url: agent.url, ...spec })), nodes: 'forbidden' });
    const ran = await plugin(kubectl ?? '', here, ['-A', '-o', 'json']);
    expect(ran.code).toBe(1);
    const { missing } = z.parse(clusterAnswerSchema, JSON.parse(ran.stdout));
    for (const [node, , words] of told) expect(missing.find((one) => one.node === node)?.why).toMatch(words);
  });
});

it('names the rule that is missing, once for all nodes, when nobody may be asked', async () => {
  const here = await cluster({ agents: ['a', 'b', 'c'].map((node) => ({ node, url: agent.url })), forbidden: [/\/proxy\//] });
  const ran = await run(here, 'pod', 'cart-7d9f');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(squeeze(ran)).toMatch(/No exit and no OOM kill is known of shop\/cart-7d9f: no agent could be asked\. .*3 of 3 nodes.* a, b, c: you may not use .*\{apiGroups: \[""\], resources: \[pods\/proxy\], verbs: \[get\]\} \(docs\/kubectl\.md\) $/);
});

it('gives up on an agent that does not answer', async () => {
  const here = await cluster({ agents: [{ node: 'slow', url: null, ready: false, proxy: () => undefined }] });
  const ran = await run(here, '-A', '--timeout', '600ms');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(squeeze(ran)).toContain("slow: no answer within 600 ms (--timeout); the agent's pod is not ready");
});

it('does not say that nothing is known while a node is missing', async () => {
  const here = await cluster({ agents: [good(), { node: 'bad', url: null }] });
  expect((await run(here, '-A', '--cause', 'eviction')).code).toBe(1);
  expect((await run(await cluster({ agents: [good()] }), '-A', '--cause', 'eviction')).code).toBe(3);
});

it('follows pages up to the limit, and says that there is more', async () => {
  const here = await cluster({ agents: [good()] });
  const some = await run(here, '-A', '--limit', '599', '-o', 'json');
  expect(itemsOf(some).map(({ id }) => id)).toEqual(Array.from({ length: 599 }, (_, i) => `v${String(i).padStart(3, '0')}`));
  expect(here.requests.filter(({ path }) => path.includes('/v1/exits')).map(({ path }) => /limit=\d+/.exec(path)?.[0])).toEqual(['limit=250', 'limit=250', 'limit=99']);
  expect((await run(here, '-A', '--limit', '3')).stderr).toContain('the newest 3; there are more');
});

it('asks no more agents at once than it is told', async () => {
  const here = await cluster({ agents: Array.from({ length: 7 }, (_, i) => ({ node: `n${i}`, url: agent.url })) });
  expect(itemsOf(await run(here, '-A', '--limit', '2', '--parallel', '2', '-o', 'json'))).toHaveLength(2);
  expect(here.mostAtOnce()).toBeLessThanOrEqual(2);
});

it('prefers the agent that stays, where an update leaves two on a node', async () => {
  const pair: AgentSpec[] = [{ node: 'n', url: null, name: 'old', terminating: true }, { node: 'n', url: agent.url, name: 'new' }];
  expect((await run(await cluster({ agents: pair }), '-A')).code).toBe(0);
});

it('looks in namespace why137 where pods of all namespaces are hidden, and at last says what is missing', async () => {
  const few = await cluster({ agents: [good()], forbidden: [/^\/api\/v1\/pods$/, /^\/api\/v1\/namespaces\/shop\/pods/] });
  expect(await run(few, 'pod', 'cart-7d9f')).toMatchObject({ code: 0 });
  expect((await run(few, 'pod', 'nosuch')).stderr).toContain('whether there is such a pod you may not see');
  const none = await run(await cluster({ agents: [good()], forbidden: [/pods$/] }), '-A');
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toMatch(/^why137: You may not list pods .*--agent-namespace.*resources: \[pods\], verbs: \[get, list\]/);
});

it('says what is wrong with kubectl or the deployment', async () => {
  const empty = await cluster({ agents: [] });
  const [noKubectl, noAgents] = await Promise.all([plugin('/nowhere/kubectl', empty, ['-A']), run(empty, '-A')]);
  expect([noKubectl.code, noAgents.code]).toEqual([1, 1]);
  expect(noKubectl.stderr).toMatch(/kubectl cannot be run \(\/nowhere\/kubectl: ENOENT\).*KUBECTL/);
  expect(noAgents.stderr).toContain('No why137 agent was found: no pod has the label app.kubernetes.io/name=why137 in any namespace');
});

it.each([
  [['-A', '--cause', 'oom'], 'node-oom'],
  [['-A', '--since', 'yesterday'], 'RFC 3339'],
  [['-A', '--code', '300'], 'from 0 to 255'],
  [['-A', '--parallel', '0'], 'from 1 to 256'],
  [['-A', '-o', 'yaml'], 'wide, json'],
  [['pod', 'x', '--since', '1h'], 'does not go with "pod"'],
  [['pod', '../secrets'], 'not a name in Kubernetes'],
  [['pod', '-n', 'shop', 'batch/x'], 'another namespace'],
  [['pod', 'a/b/c'], 'NAMESPACE/NAME'],
  [['pod'], 'missing required argument'],
  [['explode'], 'There is no command "explode"'],
])('refuses %j', async (args, said) => {
  const here = await cluster({ agents: [good()] });
  const { code, stdout, stderr } = await run(here, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(here.requests).toEqual([]);
});
