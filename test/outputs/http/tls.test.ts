import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { request } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { agentDoor } from '../../../src/commands/agent-door.ts';
import { askAgent } from '../../../src/commands/ask-agent.ts';
import { OPEN } from '../../../src/outputs/http/security.ts';
import { createTlsServer, type TlsFiles } from '../../../src/outputs/http/tls.ts';
import { authority, noOpenssl, type Pair, pem, signed } from './support/certificates.ts';
import { get, serve, type Served } from './serve.ts';

/** A busy machine is slow. */
const PATIENCE = { timeout: 15_000 };
const dir = mkdtempSync(join(tmpdir(), 'why137-tls-'));
const TOKEN = 'token-0123456789abcdef';
const tokenFile = join(dir, 'token');
writeFileSync(tokenFile, TOKEN);
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

async function secured(tls: TlsFiles, more = {}): Promise<Served> {
  const served = await serve({ security: { ...OPEN, tls, ...more } });
  closers.push(() => served.http.close());
  return served;
}

interface Asked {
  readonly status: number;
  readonly name: string;
}

/** GET that trusts this CA, perhaps with a certificate of its own. */
function ask(url: string, ca: Pair, options: { client?: Pair; token?: string; maxVersion?: 'TLSv1.1' | 'TLSv1.2' } = {}): Promise<Asked> {
  const { client, token, maxVersion } = options;
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { agent: false, ca: pem(ca.cert), headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, ...(client && { cert: pem(client.cert), key: pem(client.key) }), ...(maxVersion && { maxVersion, minVersion: maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }) },
      (response) => {
        const name = response.socket instanceof TLSSocket ? String(response.socket.getPeerCertificate().subject.CN) : '';
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, name });
        });
      },
    );
    asked.on('error', reject).end();
  });
}

describe.skipIf(noOpenssl !== null)(`TLS${noOpenssl === null ? '' : ` (skipped: ${noOpenssl})`}`, () => {
  const ca = noOpenssl === null ? authority(dir, 'ca') : { cert: '', key: '' };
  const one = noOpenssl === null ? signed(dir, 'one', ca, 'IP:127.0.0.1') : ca;

  it('is served, of version 1.2 at least, and nothing in plain beside it', async () => {
    const { url } = await secured({ ...one, clientCa: null });
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(`${url}/healthz`, ca)).toEqual({ status: 200, name: 'one' });
    await expect(ask(`${url}/healthz`, ca, { maxVersion: 'TLSv1.1' })).rejects.toThrow(/protocol version|alert|unsupported/i);
    await expect(get(url.replace('https', 'http'))).rejects.toThrow();
  });

  it('takes a client certificate of its CA for a token, and lets probes through without', async () => {
    const others = authority(dir, 'others');
    const [known, foreign] = [signed(dir, 'prometheus', ca, 'DNS:prometheus'), signed(dir, 'stranger', others, 'DNS:stranger')];
    const { url } = await secured({ ...one, clientCa: ca.cert });
    expect((await ask(`${url}/v1/exits`, ca, { client: known })).status).toBe(200);
    expect((await ask(`${url}/v1/exits`, ca, { client: foreign })).status).toBe(401);
    expect((await ask(`${url}/v1/exits`, ca)).status).toBe(401);
    expect((await ask(`${url}/healthz`, ca)).status).toBe(200);
    const both = await secured({ ...one, clientCa: ca.cert }, { tokenFile });
    expect((await ask(`${both.url}/v1/exits`, ca, { token: TOKEN })).status).toBe(200);
    expect((await ask(`${both.url}/v1/exits`, ca, { client: foreign, token: 'x' })).status).toBe(401);
  });

  it('shows the new certificate when the files change, and keeps the old one while they do not fit', async () => {
    const files = { cert: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
    const put = (pair: Pair, what: readonly (keyof Pair)[]): void => {
      for (const key of what) copyFileSync(pair[key], files[key]);
    };
    put(one, ['cert', 'key']);
    const two = signed(dir, 'two', ca, 'IP:127.0.0.1');
    const troubles: string[] = [];
    const server = createTlsServer({ ...files, clientCa: null }, {}, (_request, response) => response.end(), (why) => troubles.push(why), 5);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const address = server.address();
    const url = `https://127.0.0.1:${String(address !== null && typeof address === 'object' ? address.port : 0)}`;
    expect((await ask(url, ca)).name).toBe('one');
    put(two, ['cert']);
    await vi.waitUntil(() => troubles.length > 0, PATIENCE);
    expect((await ask(url, ca)).name).toBe('one');
    put(two, ['key']);
    await vi.waitUntil(async () => (await ask(url, ca)).name === 'two', PATIENCE);
    expect(troubles).toEqual([expect.stringContaining('certificate is not renewed')]);
  });

  it('must have files that fit, at the start', async () => {
    const error: unknown = await secured({ cert: one.cert, key: ca.key, clientCa: null }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'W137_CONFIG', exitStatus: 2 });
  });

  it('is not held up by those who never finish their handshake', async () => {
    const { url, http } = await secured({ ...one, clientCa: null });
    const sockets: Socket[] = [];
    for (let n = 0; n < 200; n += 1) sockets.push(connectTcp(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined));
    closers.push(() => sockets.map((socket) => socket.destroy()));
    await vi.waitUntil(() => http.refused().connection >= 72, PATIENCE);
    expect((await ask(`${url}/healthz`, ca)).status).toBe(200);
  });

  it('counts a connection once, whose socket below is another than the one above', async () => {
    const served = await serve({ security: { ...OPEN, tls: { ...one, clientCa: null } }, connectionLimits: { max: 2 } });
    closers.push(() => served.http.close());
    const open = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = connect({ port: Number(new URL(served.url).port), host: '127.0.0.1', ca: pem(ca.cert) }, () => {
          resolve(socket);
        });
        closers.push(() => socket.destroy());
      });
    await Promise.all([open(), open()]);
    expect(served.http.refused().connection).toBe(0);
    expect((await ask(`${served.url}/v1/exits`, ca)).status).toBe(200);
    expect(served.http.refused().connection).toBe(1);
  });

  describe('explain', () => {
    const status = (options: Parameters<typeof agentDoor>[0], env = {}) => askAgent(agentDoor(options, env), '/v1/sources').then((answer) => answer.status);

    it('asks with token and CA, and trusts no other certificate or name', async () => {
      const { url } = await secured({ ...one, clientCa: null }, { tokenFile });
      expect(await status({ url, tokenFile, caFile: ca.cert })).toBe(200);
      expect(await status({ url, caFile: ca.cert })).toBe(401);
      await expect(status({ url, tokenFile })).rejects.toThrow(/certificate is not trusted .*--ca-file/);
      await expect(status({ url: url.replace('127.0.0.1', 'localhost'), tokenFile, caFile: ca.cert })).rejects.toThrow(/certificate is not trusted/);
      await expect(status({ url: url.replace('https', 'http'), tokenFile })).rejects.toThrow(/perhaps it speaks TLS/);
    });

    it("needs nothing said in the agent's own pod: the very certificate of its file is trusted, for whatever name", async () => {
      const pod = signed(dir, 'why137.why137.svc', ca, 'DNS:why137.why137.svc');
      const { url } = await secured({ ...pod, clientCa: null }, { tokenFile });
      const env = { WHY137_LISTEN: url.replace('https://127.0.0.1', ''), WHY137_TLS_CERT_FILE: pod.cert, WHY137_TOKEN_FILE: tokenFile };
      expect(await status({}, env)).toBe(200);
      await expect(status({}, { ...env, WHY137_TLS_CERT_FILE: one.cert })).rejects.toThrow(/not trusted|another certificate/);
      const sameCa = signed(dir, 'impostor', ca, 'IP:127.0.0.1');
      const impostor = await secured({ ...sameCa, clientCa: null }, { tokenFile });
      await expect(status({}, { ...env, WHY137_LISTEN: impostor.url.replace('https://127.0.0.1', '') })).rejects.toThrow(/not trusted|another certificate/);
    });

    it('says when the agent speaks no TLS', async () => {
      const plain = createPlain((_request, response) => response.end('{}'));
      await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
      closers.push(() => plain.close());
      const address = plain.address();
      await expect(status({ url: `https://127.0.0.1:${String(address !== null && typeof address === 'object' ? address.port : 0)}` })).rejects.toThrow(/speaks no TLS/);
    });
  });
});
