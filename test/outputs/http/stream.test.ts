import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { oomKill, verdict } from '../../store/samples.ts';
import { createMemoryStore } from '../../../src/store/memory-store.ts';
import { follow, get, serve, type Served } from './serve.ts';

let served: Served | null = null;
const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await served?.http.close();
  served = null;
});

function reader(url: string, headers: Record<string, string> = {}) {
  const stream = follow(url, headers);
  stops.push(stream.stop);
  return stream;
}
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (\d+)$/gm)].map((m) => m[1] ?? '');

describe('/v1/stream', () => {
  it('sends verdicts and kills as they happen, with growing ids', async () => {
    served = await serve();
    const stream = reader(served.url);
    await stream.until((text) => text.includes('retry'));
    served.store.putVerdict(verdict('a'));
    served.store.putOomKill(oomKill('k1'));
    const text = await stream.until((t) => t.includes('event: oom-kill'));
    expect(text).toMatch(/id: 1000\nevent: verdict\ndata: \{"kind":"verdict","id":"a".*\}\n\nid: 1001\nevent: oom-kill\ndata: \{.*"id":"k1".*\}\n\n/);
  });

  it('resumes after Last-Event-ID, then goes on live without loss or repetition', async () => {
    served = await serve();
    for (const id of ['a', 'b', 'c']) served.store.putVerdict(verdict(id));
    const stream = reader(served.url, { 'last-event-id': '1000' });
    await stream.until((t) => t.includes('id: 1002'));
    served.store.putVerdict(verdict('d'));
    const text = await stream.until((t) => t.includes('id: 1003\n'));
    expect(idsIn(text)).toEqual(['1001', '1002', '1003']);
    expect(text).not.toContain('event: lost');
  });

  it('resumes more than a socket takes at once, at the pace of the reader', async () => {
    served = await serve();
    const long = 'x'.repeat(20_000);
    for (let n = 0; n < 200; n += 1) served.store.putVerdict(verdict(`v${n}`, { summary: long }));
    const stream = reader(served.url, { 'last-event-id': '999' });
    const text = await stream.until((t) => t.slice(-60_000).includes('id: 1199\n'));
    expect(idsIn(text)).toHaveLength(200);
    expect(served.http.streams().dropped).toBe(0);
  });

  it('says when something is lost: forgotten events, or another life of the agent', async () => {
    served = await serve({ store: createMemoryStore({ firstEventId: 1_000, maxEvents: 2 }) });
    for (const id of ['a', 'b', 'c', 'd']) served.store.putVerdict(verdict(id));
    const text = await reader(served.url, { 'last-event-id': '5' }).until((t) => t.includes('id: 1003'));
    expect(text).toContain('event: lost\ndata: {"after":5}');
    expect(idsIn(text)).toEqual(['1002', '1003']);
  });

  it('refuses a Last-Event-ID that is none, and readers beyond the limit', async () => {
    served = await serve({ streamLimits: { maxClients: 1 } });
    expect(await get(`${served.url}/v1/stream`, { headers: { 'last-event-id': 'x' } })).toMatchObject({ status: 400 });
    await reader(served.url).until((t) => t.includes('retry'));
    expect(await get(`${served.url}/v1/stream`)).toMatchObject({ status: 503, body: { code: 'W137_BUSY' } });
    expect(await get(`${served.url}/v1/stream`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('pings', async () => {
    served = await serve({ streamLimits: { pingMs: 5 } });
    await reader(served.url).until((t) => t.includes(': ping\n\n'));
  });

  it('drops a reader that does not read, keeps the others, and frees its place', async () => {
    served = await serve();
    const { store, http, url } = served;
    const good = reader(url);
    await good.until((t) => t.includes('retry'));
    const slow = connect(Number(new URL(url).port), '127.0.0.1');
    slow.on('error', () => undefined);
    stops.push(() => slow.destroy());
    slow.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    slow.pause();
    await vi.waitUntil(() => http.streams().clients === 2);
    const long = 'x'.repeat(200_000);
    let n = 0;
    while (http.streams().dropped === 0 && n < 500) {
      store.putVerdict(verdict(`v${n}`, { summary: long }));
      n += 1;
      const last = 1_000 + n - 1;
      await good.until((t) => t.slice(-250_000).includes(`id: ${last}\n`));
    }
    expect(http.streams()).toEqual({ clients: 1, dropped: 1 });
  });

  it('ends with the server', async () => {
    const { http, url } = await serve();
    const stream = reader(url);
    await stream.until((t) => t.includes('retry'));
    await http.close();
    expect(http.streams().clients).toBe(0);
  });
});
