import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as zod from 'zod';
import * as z from 'zod/mini';
import { Agent } from '../src/agent.ts';
import { SECOND } from '../src/lib/time.ts';
import { logLineSchema } from '../src/outputs/log/line-schema.ts';
import { createLog } from '../src/outputs/log/log.ts';
import { exited, id, journal, started, T0, up } from './correlate/node.ts';
import { FakeClock } from './host/fake-host.ts';
import { get } from './outputs/http/serve.ts';

const clock = new FakeClock(T0);
const lines: string[] = [];
const log = createLog({ write: { write: (line) => lines.push(line) }, level: 'debug', nodeName: 'node1', now: () => clock.now() });
const sources = [
  { name: 'journal', kind: 'kernel-log', hides: 'kills' },
  { name: 'containerd', kind: 'exits', hides: 'exits' },
] as const;
const agent = new Agent({ clock, log, version: '1.2.3', settleMs: 3_000, sources, time: { timezone: null, year: null, before: null, bootTimeUs: null }, podMetrics: false, history: null });
let url = '';

beforeAll(async () => {
  ({ url } = await agent.listen({ host: '', port: 0 }));
  for (const source of ['journal', 'containerd']) agent.hear(up(source));
  agent.hear(started('live', { podNamespace: 'shop', podName: 'live-1', initPid: 200 }));
  agent.hear(started('app', { podNamespace: 'shop', podName: 'cart-1', initPid: 100 }));
  const victim = `/kubepods/burstable/pod0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f/${id('live')}`;
  for (const event of [...journal({ at: T0, pid: 201, victim }), ...journal({ at: T0 + SECOND, pid: 100 }), exited('app', T0 + SECOND)]) agent.hear(event);
  await clock.turn(10_000);
});
afterAll(() => agent.close());

it('listens on every address where only a port is given, of either family', async () => {
  const { port } = new URL(url);
  expect((await get(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
  if (hasIpv6) expect((await get(`http://[::1]:${port}/healthz`)).status).toBe(200);
  expect((await get(`${url}/healthz`)).status).toBe(200);
});

it.each(['shop/live-1', 'shop/live-1/live', 'live-1', id('live'), `containerd://${id('live').slice(0, 9)}`])('explains %s, which lives, by the kill inside it', async (target) => {
  const answer = await get(`${url}/v1/explain?target=${encodeURIComponent(target)}`);
  expect(answer).toMatchObject({ status: 200, body: { items: [], oomKills: [{ containerId: id('live'), victim: { pid: 201 } }] } });
});

it.each(['shop/live-2', 'other/live-1', 'shop/live-1/app', 'shop/live-1/live/x', 'live', 'live-1/live'])('knows nothing of %s', async (target) => {
  expect((await get(`${url}/v1/explain?target=${encodeURIComponent(target)}`)).status).toBe(404);
});

it('logs lines of the schema, a kill with the names of its container', () => {
  const parsed = lines.map((line) => z.parse(logLineSchema, JSON.parse(line)));
  expect(parsed.filter(({ event }) => event === 'oom.kill')).toMatchObject([
    { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'live-1', 'k8s.container.name': 'live', 'process.pid': 201, msg: expect.stringContaining('in shop/live-1 live: ') as unknown },
    { 'k8s.pod.name': 'cart-1', 'process.pid': 100 },
  ]);
  expect(parsed.filter(({ event }) => event === 'exit.verdict')).toMatchObject([{ 'why137.cause': 'container-limit-oom', 'k8s.pod.name': 'cart-1' }]);
});

const documentSchema = z.object({
  paths: z.record(z.string(), z.object({ get: z.object({ responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.object({ schema: z.optional(z.looseObject({})) })) })) }) })),
  components: z.object({ schemas: z.record(z.string(), z.custom<zod.core.JSONSchema.JSONSchema>()) }),
});

it('answers as the document that it serves says, status, type and shape', async () => {
  const text = (await get(`${url}/openapi.json`)).text.replaceAll('#/components/schemas/', '#/$defs/');
  const { paths, components } = documentSchema.parse(JSON.parse(text));
  const container = id('app');
  const kills = z.object({ items: z.array(z.object({ id: z.string() })) }).parse((await get(`${url}/v1/oom-kills`)).body);
  const asked: Record<string, readonly string[]> = {
    '/v1/exits': ['/v1/exits', '/v1/exits?code=1', '/v1/exits?since=2026-02-30T00:00:00Z'],
    '/v1/exits/{id}': [`/v1/exits/${container}`, '/v1/exits/none'],
    '/v1/oom-kills': ['/v1/oom-kills', '/v1/oom-kills?level=all'],
    '/v1/oom-kills/{id}': [`/v1/oom-kills/${kills.items[0]?.id ?? ''}`, '/v1/oom-kills/none'],
    '/v1/explain': [`/v1/explain?target=${container}`, '/v1/explain?target=live-1', '/v1/explain?target=none', '/v1/explain'],
    '/v1/sources': ['/v1/sources', '/v1/sources?all'],
    '/v1/exit-codes/{n}': ['/v1/exit-codes/137', '/v1/exit-codes/138', '/v1/exit-codes/-1', '/v1/exit-codes/x'],
    '/v1/stream': ['/v1/stream?x=1'],
    '/metrics': ['/metrics'],
    '/healthz': ['/healthz'],
    '/readyz': ['/readyz'],
    '/openapi.json': ['/openapi.json'],
  };
  expect(Object.keys(asked).sort()).toEqual(Object.keys(paths).sort());
  for (const [path, urls] of Object.entries(asked)) {
    for (const one of urls) {
      const { status, headers, body } = await get(`${url}${one}`);
      const content = paths[path]?.get.responses[String(status)]?.content[headers['content-type'] ?? ''];
      expect(content, `${one}: ${String(status)} ${String(headers['content-type'])}`).toBeDefined();
      if (content?.schema === undefined) continue;
      const schema = zod.fromJSONSchema({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...content.schema, $defs: components.schemas });
      expect(schema.safeParse(body).error?.issues, one).toBeUndefined();
      expect(schema.safeParse({ no: 'such thing' }).success, one).toBe(false);
    }
  }
});
