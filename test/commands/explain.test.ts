import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultAgentUrl } from '../../src/commands/agent-door.ts';
import { explain } from '../../src/commands/explain.ts';
import { serve, type Served } from '../outputs/http/serve.ts';
import { at, oomKill, verdict } from '../store/samples.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
  const { store } = served;
  store.putVerdict(verdict('v1', { container: { containerId: 'aaa111' }, oomKills: ['k1'] }));
  store.putVerdict(verdict('v2', { container: { containerId: 'aaa222' }, exit: { finishedAt: at(60) } }));
  store.putVerdict(verdict('v3', { container: { containerId: 'bbb', containerName: 'sidecar' }, exit: { finishedAt: at(30) } }));
  store.putOomKill(oomKill('k1'));
  store.putOomKill(oomKill('k2', { containerId: 'alive9999' }));
});
afterAll(() => served.http.close());

async function run(target: string, json = false, url = served.url): Promise<string> {
  let text = '';
  await explain(target, { door: { url, token: null, tls: {} }, json, out: (s) => (text += s), color: false, timeZone: 'UTC' });
  return text;
}

it('explains the newest exit of each container, and lists what was before', async () => {
  const text = await run('shop/cart-7d9f');
  expect(text.match(/shop\/cart-7d9f · container \w+/g)).toEqual(['shop/cart-7d9f · container app', 'shop/cart-7d9f · container sidecar']);
  expect(text).toMatch(/Before that\n {4}2026-11-23 03:02:11\.482 {2}exit 137 {2}container-limit-oom, certain\n/);
});

it('prints one verdict a line for programs', async () => {
  const ids = (await run('aaa1', true)).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  expect(ids).toMatchObject([{ kind: 'verdict', id: 'v1' }]);
  expect((await run('cart-7d9f', true)).trimEnd().split('\n')).toHaveLength(3);
});

it('tells of kills in a container that lives', async () => {
  expect(await run('alive9')).toMatch(/no exit is known.*\n {2}03:02:11\.472 {2}The kernel killed java/);
});

it.each([
  ['no/such', 'W137_NOT_FOUND', 3, /No exit and no OOM kill is known of "no\/such"/],
  ['aaa', 'W137_BAD_REQUEST', 2, /several containers/],
])('%s: %s', async (target, code, exitStatus, message) => {
  await expect(run(target)).rejects.toMatchObject({ code, exitStatus });
  await expect(run(target)).rejects.toThrow(message);
});

it('says when there is no agent, or something else', async () => {
  await expect(run('x', false, 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'W137_NO_AGENT', exitStatus: 1 });
  await expect(run('x', false, 'nonsense')).rejects.toThrow(/not an http:\/\/ or https:\/\/ URL/);
  const other = createServer((_request, response) => response.end('<html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await expect(run('x', false, `http://127.0.0.1:${port}`)).rejects.toThrow(/does not speak JSON/);
  other.close();
});

it('knows where the agent listens', () => {
  expect(defaultAgentUrl(undefined)).toBe('http://127.0.0.1:9137');
  expect(defaultAgentUrl('127.0.0.1:9000')).toBe('http://127.0.0.1:9000');
  expect(defaultAgentUrl('0.0.0.0:9000')).toBe('http://127.0.0.1:9000');
  expect(defaultAgentUrl(':9000')).toBe('http://127.0.0.1:9000');
  expect(defaultAgentUrl('[::]:9000')).toBe('http://127.0.0.1:9000');
  expect(defaultAgentUrl('[::1]:9000')).toBe('http://[::1]:9000');
});
