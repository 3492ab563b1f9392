import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { problemSchema } from '../../../src/model/problem.ts';
import { ROUTES } from '../../../src/outputs/http/routes.ts';
import { oomKill, verdict } from '../../store/samples.ts';
import { get, serve, type Served } from './serve.ts';
import { raw, statusesIn } from './support/raw.ts';

let served: Served;
const errors: unknown[] = [];
beforeAll(async () => {
  served = await serve({ onError: (error) => errors.push(error) });
  served.store.putVerdict(verdict('va'));
  served.store.putOomKill(oomKill('k1'));
});
afterAll(() => served.http.close());

const PROTOTYPE = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf', '__defineGetter__'];
const ODD = ['\0', '%00', '..', '../../etc/passwd', '%2e%2e%2f', "' OR 1=1", '<script>', '\u{1F4A5}', '\u202E', '%', '%zz', '%E0%A4%A', 'a'.repeat(3_000), '[object Object]', 'NaN', '1e309', '-0', '9'.repeat(400), '2026-02-30T25:61:61Z', '١٢٣'];
const NAMES = [...new Set(ROUTES.flatMap(({ params }) => Object.keys(params?.shape ?? {})))];
const text = fc.oneof(fc.constantFrom(...PROTOTYPE, ...ODD), fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('va', 'k1', '137', '10', 'node-oom', '1h'));
const name = fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...PROTOTYPE), fc.string({ maxLength: 8 }), fc.constantFrom(...NAMES.map((one) => `${one}[]`), ...NAMES.map((one) => one.toUpperCase())));
/** A parameter, encoded as a program would, or as it is where HTTP lets it pass. */
const encoded = fc.oneof(text.map(encodeWell), text.map((value) => value.replaceAll(/[^!-~]|[#]/g, '')));

function encodeWell(value: string): string {
  return encodeURIComponent(Buffer.from(value).toString());
}

/** The contract of every answer, whatever was asked. */
async function check(path: string): Promise<number> {
  const { status, headers, body, text: said } = await get(`${served.url}${path}`);
  expect([200, 400, 404, 414], `${path}: ${said.slice(0, 200)}`).toContain(status);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  if (status !== 200) {
    expect(headers['content-type']).toBe('application/problem+json');
    const { detail } = z.parse(problemSchema, body);
    // What was asked is told back, but not without end, and in JSON only.
    expect(detail.length).toBeLessThan(12_000);
  }
  return status;
}

describe('any path and query', () => {
  it.each(ROUTES.filter(({ path }) => path !== '/v1/stream').map(({ path }) => path))('%s answers in its own words', { timeout: 60_000 }, async (path) => {
    await fc.assert(
      fc.asyncProperty(fc.array(encoded, { minLength: 2, maxLength: 2 }), fc.array(fc.tuple(name.map(encodeWell), encoded), { maxLength: 6 }), async (inPath, query) => {
        const filled = path.replace(/:\w+/g, () => inPath[0] ?? '');
        const asked = query.map(([key, value]) => `${key}=${value}`).join('&');
        await check(`${filled}${asked === '' ? '' : `?${asked}`}`);
      }),
      { numRuns: 60 },
    );
    expect(errors).toEqual([]);
  });

  it('names of prototypes are no parameters, no ids, and change nothing for those who come after', async () => {
    for (const odd of PROTOTYPE) {
      expect(await check(`/v1/exits?${odd}=x`)).toBe(400);
      expect(await check(`/v1/exits?pod=x&${odd}[pod]=y`)).toBe(400);
      expect(await check(`/v1/exits/${odd}`)).toBe(404);
      expect(await check(`/v1/oom-kills/${odd}`)).toBe(404);
      expect(await check(`/v1/explain?target=${odd}`)).toBe(404);
      expect(await check(`/v1/exit-codes/${odd}`)).toBe(400);
      expect(await check(`/${odd}`)).toBe(404);
      expect(await check(`/v1/exits?cause=${odd}`)).toBe(400);
    }
    expect(await check('/v1/exits')).toBe(200);
    expect(({} as Record<string, unknown>)['pod']).toBeUndefined();
  });

  it('a parameter a thousand times, and a thousand parameters', async () => {
    expect(await check(`/v1/exits?${'pod=a&'.repeat(600)}`)).toBe(400);
    expect(await check(`/v1/exits?${Array.from({ length: 600 }, (_, n) => `p${n}`).join('&')}`)).toBe(400);
    expect(await check(`/v1/exits?${'&'.repeat(4_000)}`)).toBe(200);
    expect(await check(`/v1/exits?pod=${'%00'.repeat(500)}`)).toBe(200);
  });
});

/** What a server before us might read as one request, and we as two, or the other way round. */
const SMUGGLED: readonly (readonly [string, string, readonly (number | null)[]])[] = [
  ['both lengths', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n', [400]],
  ['two lengths', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\nGET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n', [400]],
  ['a length with a sign', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello', [400]],
  ['an encoding that is none', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', [400, 413]],
  ['a space before the colon', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nhello', [400]],
  ['a folded header', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n Content-Length: 5\r\n\r\n', [400, 200]],
  ['a bare line feed', 'GET /healthz HTTP/1.1\nHost: localhost\n\n', [400]],
  ['a NUL in a header', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n', [400]],
  ['a body', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 43\r\n\r\nGET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n', [413]],
  ['a body in chunks', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n', [413]],
  ['a body that waits to be asked for', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', [413]],
  ['a body to POST', 'POST /v1/exits HTTP/1.1\r\nHost: localhost\r\nContent-Length: 43\r\n\r\nGET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n', [405]],
  ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', [400]],
  ['two tokens', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Why137-Token: a\r\nX-Why137-Token: b\r\n\r\n', [400]],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400]],
  ['another host in the request line', 'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', [200]],
  ['no version that is known', 'GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n', [400]],
  ['the start of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
  ['a head without end', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}`, [431]],
  ['headers without end', `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-Header: value\r\n'.repeat(5_000)}`, [431]],
  ['an upgrade', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n', [200]],
  ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', [null]],
];

describe('what is no plain request', () => {
  it.each(SMUGGLED)('%s: one answer at most, then the end', async (_, said, allowed) => {
    const one = raw(served.url, said);
    const [status = null, ...more] = statusesIn(await one.closed);
    expect(more).toEqual([]);
    expect(allowed).toContain(status);
  });

  it('half a request is ended in its time, and nothing of it kept', async () => {
    const one = raw(served.url, 'GET /healthz HTTP/1.1\r\nHost: local');
    await new Promise((resolve) => one.socket.once('connect', resolve));
    one.socket.end();
    expect(statusesIn(await one.closed)).toEqual([400]);
  });

  it('any bytes: an answer that is a problem, or the end', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const one = raw(served.url);
        await new Promise((resolve) => one.socket.once('connect', resolve));
        one.socket.end(bytes);
        const said = await one.closed;
        if (said !== '') expect(said).toMatch(/^HTTP\/1\.1 4\d\d [^]*application\/problem\+json/);
      }),
      { numRuns: 100 },
    );
    expect((await get(`${served.url}/healthz`)).status).toBe(200);
  });
});
