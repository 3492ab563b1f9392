import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { TOKEN_HEADER } from '../../../src/outputs/http/access.ts';
import { ROUTES } from '../../../src/outputs/http/routes.ts';
import { OPEN } from '../../../src/outputs/http/security.ts';
import { tokensIn } from '../../../src/outputs/http/tokens.ts';
import { verdict } from '../../store/samples.ts';
import { get, serve, type Served } from './serve.ts';

const dir = mkdtempSync(join(tmpdir(), 'why137-tokens-'));
const file = join(dir, 'tokens');
const [ONE, TWO] = ['one-0123456789abcdef', 'two-0123456789abcdef='];
let served: Served | null = null;
let troubles: string[] = [];
afterEach(async () => {
  await served?.http.close();
  served = null;
  troubles = [];
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

async function protectedBy(text: string, more = {}): Promise<Served> {
  writeFileSync(file, text);
  served = await serve({ security: { ...OPEN, tokenFile: file, ...more }, onTrouble: (why) => troubles.push(why) });
  return served;
}
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('a token file', () => {
  it('closes every route but those of probes, scrapers and the description', async () => {
    const { url } = await protectedBy(`${ONE}\n`);
    const open: string[] = [];
    for (const { path } of ROUTES) {
      const { status, headers, body } = await get(`${url}${path.replace(':n', '137').replace(':id', 'x')}`);
      if (status !== 401) {
        open.push(path);
        continue;
      }
      expect(headers).toMatchObject({ 'www-authenticate': 'Bearer realm="why137"', 'content-type': 'application/problem+json' });
      expect(body).toMatchObject({ code: 'W137_UNAUTHORIZED', status: 401 });
    }
    expect(open).toEqual(['/metrics', '/healthz', '/readyz', '/openapi.json']);
    expect(served?.http.refused().unauthorized).toBe(ROUTES.length - open.length);
  });

  it('lets its tokens in, by either header, and no other text', async () => {
    const { url } = await protectedBy(`# for Grafana\n${ONE}\r\n\n${TWO}`);
    const status = async (headers: Record<string, string>) => (await get(`${url}/v1/exits`, { headers })).status;
    for (const token of [ONE, TWO]) {
      expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
      expect(await status({ authorization: `bearer  ${token}` })).toBe(200);
      expect(await status({ [TOKEN_HEADER]: token })).toBe(200);
    }
    for (const wrong of ['', 'x', ONE.slice(0, -1), `${ONE}x`, ONE.toUpperCase(), '# for Grafana', `${ONE}\t${TWO}`, '__proto__']) {
      expect(await status({ authorization: `Bearer ${wrong}` })).toBe(401);
      expect(await status({ [TOKEN_HEADER]: wrong })).toBe(401);
    }
    expect(await status({ authorization: `Basic ${ONE}` })).toBe(401);
    const { headers } = await get(`${url}/v1/exits`, bearer('wrong-0123456789abcdef'));
    expect(headers['www-authenticate']).toBe('Bearer realm="why137", error="invalid_token"');
  });

  it('closes the stream, too', async () => {
    const { url, http } = await protectedBy(ONE);
    expect((await get(`${url}/v1/stream`)).status).toBe(401);
    expect(http.streams().clients).toBe(0);
  });

  it('does not tell who has no token what there is', async () => {
    const { url, store } = await protectedBy(ONE);
    store.putVerdict(verdict('va'));
    const [there, absent] = await Promise.all(['va', 'vz'].map((id) => get(`${url}/v1/exits/${id}`)));
    expect(there?.text).toBe(absent?.text);
  });

  it('closes metrics where that is wanted', async () => {
    const { url } = await protectedBy(ONE, { protectMetrics: true });
    expect((await get(`${url}/metrics`)).status).toBe(401);
    expect((await get(`${url}/metrics`, bearer(ONE))).status).toBe(200);
    expect((await get(`${url}/healthz`)).status).toBe(200);
  });

  it('is read again when it changes, as a Secret does by a swapped link', async () => {
    const [before, after] = [join(dir, 'v1'), join(dir, 'v2')];
    writeFileSync(before, ONE);
    writeFileSync(after, TWO);
    const link = join(dir, 'link');
    symlinkSync(before, link);
    served = await serve({ security: { ...OPEN, tokenFile: link } });
    const { url } = served;
    const status = async (token: string) => (await get(`${url}/v1/exits`, bearer(token))).status;
    expect([await status(ONE), await status(TWO)]).toEqual([200, 401]);
    symlinkSync(after, `${link}.new`);
    renameSync(`${link}.new`, link);
    expect([await status(ONE), await status(TWO)]).toEqual([401, 200]);
  });

  it('refuses all when it is emptied, and keeps what it had when it cannot be read or is spoilt', async () => {
    const { url } = await protectedBy(ONE);
    const status = async () => (await get(`${url}/v1/exits`, bearer(ONE))).status;
    writeFileSync(file, `${ONE}\nshort`);
    expect([await status(), await status()]).toEqual([200, 200]);
    expect(troubles).toEqual([expect.stringMatching(/^line 2 of .* is no token.*tokens of before stay$/)]);
    rmSync(file);
    expect(await status()).toBe(200);
    expect(troubles[1]).toMatch(/ENOENT.*tokens of before stay/);
    writeFileSync(file, '\n# nobody\n');
    expect(await status()).toBe(401);
    expect(troubles[2]).toMatch(/holds no token any more: every request is refused/);
    writeFileSync(file, `${ONE}\n`);
    expect(await status()).toBe(200);
  });

  it.each([
    ['', /--token-file cannot be used: .*holds no token/],
    ['short', /line 1 of .* is no token/],
    ['two tokens in one line', /line 1 of .* is no token/],
    ['a'.repeat(70_000), /longer than 65536 bytes/],
  ])('must hold tokens at the start: %.20s', async (text, message) => {
    const error: unknown = await protectedBy(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'W137_CONFIG', exitStatus: 2 });
    expect(String(error)).toMatch(message);
  });

  it('is never shown in an error', () => {
    const secret = 'pässword-of-somebody-0123';
    expect(() => tokensIn(`${ONE}\n${secret}`, 'f')).toThrow(expect.not.objectContaining({ message: expect.stringContaining(secret) as unknown }));
  });
});

describe('pages of other origins', () => {
  const grafana = 'https://grafana.example';

  it('may read nothing unless they are named', async () => {
    served = await serve();
    const { headers, status } = await get(`${served.url}/v1/exits`, { headers: { origin: grafana } });
    expect([status, headers['access-control-allow-origin'], headers.vary]).toEqual([200, undefined, undefined]);
    expect((await get(`${served.url}/v1/exits`, { method: 'OPTIONS', headers: { origin: grafana, 'access-control-request-method': 'GET' } })).status).toBe(405);
  });

  it('may read where they are named, after asking beforehand, errors too; others not', async () => {
    const { url } = await protectedBy(ONE, { corsOrigins: [grafana] });
    const asked = { method: 'OPTIONS', headers: { origin: grafana, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } };
    const before = await get(`${url}/v1/exits`, asked);
    expect([before.status, before.text]).toEqual([204, '']);
    expect(before.headers).toMatchObject({ 'access-control-allow-origin': grafana, 'access-control-allow-methods': 'GET, HEAD', vary: 'Origin', 'x-content-type-options': 'nosniff' });
    expect(before.headers['access-control-allow-headers']).toContain('Authorization');
    expect(before.headers['access-control-allow-credentials']).toBeUndefined();
    for (const path of ['/v1/exits', '/healthz', '/nothing']) {
      expect((await get(`${url}${path}`, { headers: { origin: grafana } })).headers['access-control-allow-origin']).toBe(grafana);
      expect((await get(`${url}${path}`, { headers: { origin: 'https://evil.example' } })).headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await get(`${url}/v1/exits`, { ...asked, headers: { ...asked.headers, origin: 'null' } })).status).toBe(405);
  });
});
