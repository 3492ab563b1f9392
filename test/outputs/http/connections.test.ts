import { afterEach, expect, it, vi } from 'vitest';
import { verdict } from '../../store/samples.ts';
import { follow, get, serve, type Served } from './serve.ts';
import { type Raw, raw, statusesIn } from './support/raw.ts';

/** A busy machine is slow. */
const PATIENCE = { timeout: 15_000 };
let served: Served | null = null;
const opened: Raw[] = [];
afterEach(async () => {
  for (const { socket } of opened.splice(0)) socket.destroy();
  await served?.http.close();
  served = null;
});

function open(url: string, said = ''): Raw {
  const one = raw(url, said);
  opened.push(one);
  return one;
}

it('answers probes while others hold more connections than there may be (slowloris)', { timeout: 60_000 }, async () => {
  served = await serve();
  const { url, http } = served;
  for (let n = 0; n < 1_000; n += 1) open(url, 'GET /v1/exits HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  await vi.waitUntil(() => http.refused().connection >= 872, { timeout: 30_000 });
  for (let n = 0; n < 5; n += 1) {
    for (const path of ['/healthz', '/v1/exits']) expect((await get(`${url}${path}`)).status).toBe(200);
  }
});

it('bears ten thousand connections, and counts those that it drops', { timeout: 120_000 }, async () => {
  served = await serve();
  const { url, http } = served;
  const TOTAL = 10_000;
  let [answered, cut] = [0, 0];
  for (let done = 0; done < TOTAL; done += 500) {
    const wave = Array.from({ length: 500 }, () => raw(url, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
    for (const text of await Promise.all(wave.map(({ closed }) => closed))) {
      if (text === '') cut += 1;
      else {
        expect(text).toMatch(/^HTTP\/1\.1 (200|503) /);
        answered += 1;
      }
    }
  }
  expect(answered + cut).toBe(TOTAL);
  expect(answered).toBeGreaterThan(TOTAL / 10);
  expect(http.refused().connection).toBe(cut);
  expect((await get(`${url}/healthz`)).status).toBe(200);
});

it('says 503 with Retry-After when all connections are at work, and still answers a probe', async () => {
  served = await serve({ connectionLimits: { max: 2 } });
  const { url, http } = served;
  const streams = [follow(url), follow(url)];
  await Promise.all(streams.map((stream) => stream.until((text) => text.includes('retry'))));
  const refused = await get(`${url}/v1/exits`);
  expect(refused).toMatchObject({ status: 503, body: { code: 'W137_BUSY' } });
  expect(refused.headers).toMatchObject({ 'retry-after': '5', connection: 'close', 'content-type': 'application/problem+json' });
  expect((await get(`${url}/healthz`)).status).toBe(200);
  expect(http.refused().busy).toBe(1);
  for (const stream of streams) stream.stop();
  await vi.waitUntil(() => http.streams().clients === 0, PATIENCE);
  expect((await get(`${url}/v1/exits`)).status).toBe(200);
});

it('holds no more answers than memory is set aside for', async () => {
  served = await serve({ connectionLimits: { maxPendingBytes: 1_000_000 } });
  const { url, store, http } = served;
  for (let n = 0; n < 50; n += 1) store.putVerdict(verdict(`v${n}`, { summary: 'x'.repeat(300_000) }));
  // They asked and do not read: what the kernel does not take waits in our memory.
  for (let n = 0; n < 6; n += 1) {
    const one = open(url, 'GET /v1/exits HTTP/1.1\r\nHost: localhost\r\n\r\n');
    one.socket.pause();
    await new Promise((resolve) => one.socket.once('connect', resolve));
  }
  await vi.waitUntil(async () => (await get(`${url}/v1/sources`)).status === 503, PATIENCE);
  expect((await get(`${url}/readyz`)).status).toBe(200);
  for (const { socket } of opened) socket.destroy();
  await vi.waitUntil(async () => (await get(`${url}/v1/sources`)).status === 200, PATIENCE);
  expect(http.refused().busy).toBeGreaterThan(0);
});

it('ends a request that does not come to its end in its time', async () => {
  served = await serve({ connectionLimits: { requestMs: 200 } });
  for (const said of ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ', 'G', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n']) {
    const text = await open(served.url, said).closed;
    expect(statusesIn(text)).toEqual([408]);
    expect(text).toContain('W137_BAD_REQUEST');
  }
  expect(served.http.refused().malformed).toBe(3);
});

it('keeps a connection that is used before one that is not', async () => {
  served = await serve({ connectionLimits: { max: 2 } });
  const ask = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const [used, silent] = [open(served.url, ask), open(served.url, ask)];
  await vi.waitUntil(() => statusesIn(silent.text()).length === 1 && statusesIn(used.text()).length === 1, PATIENCE);
  used.socket.write(ask);
  await vi.waitUntil(() => statusesIn(used.text()).length === 2, PATIENCE);
  expect((await get(`${served.url}/healthz`)).status).toBe(200);
  await silent.closed;
  expect(used.socket.destroyed).toBe(false);
});

it('cuts what is left when it ends, even what never became a request', async () => {
  const { url, http } = await serve();
  const one = open(url, 'GET /healthz HTT');
  await new Promise((resolve) => one.socket.once('connect', resolve));
  await get(`${url}/healthz`);
  await http.close();
  await one.closed;
});
