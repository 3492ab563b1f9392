import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { oomKillPageSchema, verdictPageSchema } from '../../../src/model/page.ts';
import { problemSchema } from '../../../src/model/problem.ts';
import { sourcesSchema } from '../../../src/model/source-status.ts';
import { verdictSchema } from '../../../src/model/verdict.ts';
import { explanationSchema } from '../../../src/outputs/http/explanation.ts';
import { at, oomKill, verdict } from '../../store/samples.ts';
import { get, serve, type Served } from './serve.ts';

let served: Served;
const errors: unknown[] = [];
const ask = (path: string, options = {}) => get(`${served.url}${path}`, options);
const idsOf = (body: unknown) => z.parse(z.object({ items: z.array(z.object({ id: z.string() })) }), body).items.map((i) => i.id);

beforeAll(async () => {
  served = await serve({ onError: (error) => errors.push(error) });
  const { store } = served;
  store.putVerdict(verdict('va', { container: { containerId: 'aaa111' } }));
  store.putVerdict(verdict('vb', { container: { containerId: 'aaa222' }, exit: { finishedAt: at(3_600), code: 1 }, cause: 'program', family: 'program' }));
  store.putOomKill(oomKill('k1', { containerId: 'aaa111' }));
  store.putOomKill(oomKill('k2', { containerId: 'alive9999', time: at(5) }));
});
afterAll(() => served.http.close());

describe('resources', () => {
  it('lists exits, newest first, in the shape of the contract', async () => {
    const { status, headers, body } = await ask('/v1/exits');
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    z.parse(verdictPageSchema, body);
    expect(idsOf(body)).toEqual(['vb', 'va']);
  });

  it.each([
    ['?code=137', ['va']],
    ['?cause=program', ['vb']],
    ['?family=cgroup-limit&namespace=shop&pod=cart-7d9f&container=app', ['va']],
    ['?since=2026-11-23T04:00:00Z', ['vb']],
    ['?until=2026-11-23T05:02:00%2B01:00', ['va']],
    ['?since=10m', ['vb', 'va']],
    ['?since=2026-11-23T03:30:00Z&until=1h', []],
  ])('filters exits: %s', async (query, expected) => {
    expect(idsOf((await ask(`/v1/exits${query}`)).body)).toEqual(expected);
  });

  it('pages with the cursor that it gave', async () => {
    const first = await ask('/v1/exits?limit=1');
    const { next } = z.parse(z.object({ next: z.string() }), first.body);
    const second = await ask(`/v1/exits?limit=1&cursor=${next}`);
    expect([idsOf(first.body), second.body]).toMatchObject([['vb'], { items: [{ id: 'va' }], next: null }]);
  });

  it('finds one exit by id, container id and unique prefix', async () => {
    for (const id of ['va', 'aaa111', 'aaa1']) {
      const { status, body } = await ask(`/v1/exits/${id}`);
      expect([status, z.parse(verdictSchema, body).id]).toEqual([200, 'va']);
    }
    expect(await ask('/v1/exits/aaa')).toMatchObject({ status: 400, body: { code: 'W137_BAD_REQUEST' } });
    expect(await ask('/v1/exits/zzz')).toMatchObject({ status: 404, body: { code: 'W137_NOT_FOUND' } });
  });

  it('serves kills, listed and one by one', async () => {
    const { body } = await ask('/v1/oom-kills');
    z.parse(oomKillPageSchema, body);
    expect(idsOf(body)).toEqual(['k2', 'k1']);
    expect(idsOf((await ask('/v1/oom-kills?level=container&container=aaa')).body)).toEqual(['k1']);
    expect(await ask('/v1/oom-kills/k1')).toMatchObject({ status: 200, body: { id: 'k1' } });
    expect(await ask('/v1/oom-kills/k9')).toMatchObject({ status: 404 });
  });

  it('explains a pod with its kills, and a living container by its kills alone', async () => {
    const pod = z.parse(explanationSchema, (await ask('/v1/explain?target=shop/cart-7d9f')).body);
    expect([pod.items.map((v) => v.id), pod.total, pod.oomKills.map((k) => k.id)]).toEqual([['vb', 'va'], 2, ['k1']]);
    const living = z.parse(explanationSchema, (await ask('/v1/explain?target=alive9')).body);
    expect([living.items, living.oomKills.map((k) => k.id)]).toEqual([[], ['k2']]);
    const byName = await serve({ store: served.store, containersNamed: (target) => (target === 'shop/live' ? ['alive9999'] : []) });
    expect(await get(`${byName.url}/v1/explain?target=shop/live`)).toMatchObject({ status: 200, body: { items: [], oomKills: [{ id: 'k2' }] } });
    await byName.http.close();
    expect(await ask('/v1/explain?target=no/such')).toMatchObject({ status: 404 });
    const nameless = await ask('/v1/explain');
    expect([nameless.status, z.parse(problemSchema, nameless.body).detail]).toEqual([400, expect.stringContaining('target is missing')]);
  });

  it('serves sources, exit codes, health and metrics', async () => {
    z.parse(sourcesSchema, (await ask('/v1/sources')).body);
    expect((await ask('/v1/exit-codes/137')).body).toMatchObject({ given: 137 });
    expect((await ask('/v1/exit-codes/-1')).body).toMatchObject({ given: -1, code: 255 });
    for (const [asked, given] of [['+5', 5], ['%207', 7], ['-0', 0], ['0000000000000000137', 137], ['9007199254740991', 9007199254740991]]) {
      expect((await ask(`/v1/exit-codes/${asked}`)).body).toMatchObject({ given });
    }
    for (const asked of ['1e3', '0x89', '1.0', '%20', '9007199254740993']) {
      expect(await ask(`/v1/exit-codes/${asked}`)).toMatchObject({ status: 400, body: { code: 'W137_NOT_INTEGER' } });
    }
    expect(await ask('/v1/exit-codes/x')).toMatchObject({ status: 400, body: { code: 'W137_NOT_INTEGER' } });
    expect(await ask('/v1/exit-codes/667')).toMatchObject({ status: 400, body: { detail: 'not this one' } });
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: { status: 'ok', version: '9.9.9' } });
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await ask('/metrics?x=1')).toMatchObject({ status: 200, text: 'up 1\n' });
    const late = await serve({ ready: () => ({ ready: false, why: 'the journal is still read' }) });
    expect(await get(`${late.url}/readyz`)).toMatchObject({ status: 503, body: { why: 'the journal is still read' } });
    await late.http.close();
  });
});

describe('refusals', () => {
  it.each([
    ['/v1/exits?limit=1001', 'limit', '"1001"', '1 to 1000'],
    ['/v1/exits?limit=ten', 'limit', '"ten"', '1 to 1000'],
    ['/v1/exits?limit=', 'limit', '""', '1 to 1000'],
    ['/v1/exits?code=300', 'code', '"300"', '0 to 255'],
    ['/v1/exits?cause=oom', 'cause', '"oom"', 'container-limit-oom'],
    ['/v1/exits?since=yesterday', 'since', '"yesterday"', 'RFC 3339'],
    ['/v1/exits?cursor=x', 'cursor', '"x"', '`next`'],
    ['/v1/exits?colour=red', 'colour', 'no parameter', 'namespace'],
    ['/v1/exits?pod=a&pod=b', 'pod', 'twice', 'once'],
    ['/v1/oom-kills?scope=swap', 'scope', '"swap"', 'memcg'],
    ['/v1/sources?x=1', 'x', 'no parameter', 'none'],
  ])('%s: 400 naming parameter, value and what is allowed', async (path, ...words) => {
    const { status, headers, body } = await ask(path);
    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json']);
    const { detail, code } = z.parse(problemSchema, body);
    expect(code).toBe('W137_BAD_REQUEST');
    for (const word of words) expect(detail).toContain(word);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s: 405 with Allow', async (method) => {
    const { status, headers, body } = await ask('/v1/exits', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(z.parse(problemSchema, body).code).toBe('W137_METHOD');
  });

  it.each(['/', '/v1', '/v1/exits/', '/v1/exits/a/b', '/V1/exits', '/v1/exits/%E0%A4%A'])('%s: 404', async (path) => {
    const { status, body } = await ask(path);
    expect([status, z.parse(problemSchema, body).code]).toEqual([404, 'W137_NOT_FOUND']);
  });

  it('answers a URL without end with 414 and a broken request with 400', async () => {
    expect((await ask(`/v1/exits?pod=${'x'.repeat(5_000)}`)).status).toBe(414);
    const { port } = new URL(served.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => {
        resolve(text);
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*W137_BAD_REQUEST/);
  });

  it('keeps foreign names out while listening on loopback', async () => {
    expect((await ask('/healthz', { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask('/healthz', { headers: { host: 'localhost.evil.example:80' } })).status).toBe(403);
    for (const host of ['localhost', '127.0.0.1:9137', '[::1]:9137']) {
      expect((await ask('/healthz', { headers: { host } })).status).toBe(200);
    }
  });

  it('does not show what failed inside, but tells the agent', async () => {
    const { status, text } = await ask('/v1/exit-codes/666');
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(errors).toHaveLength(1);
  });

  it('serves every address when none is given, to whatever name it is called', async () => {
    const { http, url } = await serve({}, { host: '' });
    const { hostname, port } = new URL(url);
    expect(hostname).toBe('localhost');
    expect((await get(`http://127.0.0.1:${port}/healthz`, { headers: { host: `why137.example:${port}` } })).status).toBe(200);
    await http.close();
  });

  it('says in one sentence why it cannot listen', async () => {
    const { port } = new URL(served.url);
    const blocked = await serve({}, { port: Number(port) }).catch((error: unknown) => error);
    expect(blocked).toMatchObject({ code: 'W137_LISTEN' });
    expect(String(blocked)).toContain(`Cannot listen on 127.0.0.1:${port}: another program listens there.`);
  });
});

describe('every answer', () => {
  it.each(['/v1/exits', '/healthz', '/metrics', '/nothing', '/openapi.json'])('%s has the protecting headers, and HEAD gives the same ones', async (path) => {
    const got = await ask(path);
    expect(got.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    const head = await ask(path, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([got.status, '']);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });
});
