import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { inCluster, type ApiServer } from '../../../src/outputs/events/in-cluster.ts';

const createSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Event'),
  metadata: z.object({ name: z.string().check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/), z.maxLength(253)), namespace: z.string() }),
  involvedObject: z.looseObject({ kind: z.literal('Pod'), namespace: z.string(), name: z.string(), uid: z.string() }),
  count: z.int(),
});
const storedSchema = z.looseObject({ reason: z.string(), message: z.string(), count: z.int(), firstTimestamp: z.string(), lastTimestamp: z.string() });
export type StoredEvent = z.infer<typeof storedSchema>;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** How the next request is answered instead of as usual. */
export const ANSWERS = {
  status: (code: number, body: unknown = {}, headers: Record<string, string> = {}): Handler => (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  },
  /** Never. */
  hang: (): Handler => () => undefined,
  /** The connection is cut before anything is said. */
  cut: (): Handler => (request) => {
    request.socket.destroy();
  },
  /** It is cut in the middle of the answer. */
  torn: (): Handler => (request, response) => {
    response.writeHead(201, { 'content-length': '1000' });
    response.write('{"kind":', () => request.socket.destroy());
  },
} as const;

export function forbidden(message: string, cause?: string): unknown {
  return { kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message, details: { causes: cause === undefined ? [] : [{ reason: cause, message }] } };
}

export interface FakeApiServer {
  readonly server: ApiServer;
  /** By `namespace/name`. */
  readonly events: Map<string, StoredEvent>;
  /** Method and path of every request, with the status that it got where it was answered as usual. */
  readonly requests: string[];
  readonly connections: () => number;
  /** The next requests are answered so, one each. */
  next(...handlers: Handler[]): void;
  /** The namespace refuses until this is undone. */
  refuse(namespace: string, body: unknown): () => void;
  /** kubelet renews the token: from now on only this one is taken. */
  rotateToken(token: string, write?: boolean): void;
  writeToken(token: string): void;
  dropConnections(): void;
  close(): Promise<void>;
}

/** Why there can be no server here; null where there can. */
export function whyNot(): string | null {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'openssl is not installed: no certificate for a server can be made';
  }
}

/** An HTTPS server on loopback that does with Events what the API server does, with a certificate of its own. */
export async function startApiServer(): Promise<FakeApiServer> {
  const dir = mkdtempSync(join(tmpdir(), 'why137-api-'));
  const [key, ca] = [join(dir, 'key.pem'), join(dir, 'ca.crt')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=kubernetes', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', ca], { stdio: 'ignore' });
  const events = new Map<string, StoredEvent>();
  const requests: string[] = [];
  const handlers: Handler[] = [];
  const refusing = new Map<string, unknown>();
  const sockets = new Set<Socket>();
  let connections = 0;
  let token = 'first-token';
  const writeToken = (text: string): void => {
    writeFileSync(join(dir, 'token'), `${text}\n`);
  };
  writeToken(token);

  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (request, response) => {
    const handler = handlers.shift();
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      if (handler) {
        requests.push(line);
        handler(request, response);
        return;
      }
      const { code, answer } = answered(request, body);
      requests.push(`${line} ${String(code)}`);
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  server.on('secureConnection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function answered(request: IncomingMessage, body: string): { code: number; answer: unknown } {
    if (request.headers.authorization !== `Bearer ${token}`) return { code: 401, answer: { kind: 'Status', message: 'Unauthorized' } };
    const [, namespace = '', name] = /^\/api\/v1\/namespaces\/([^/]+)\/events(?:\/([^/]+))?$/.exec(request.url ?? '') ?? [];
    if (refusing.has(namespace)) return { code: 403, answer: refusing.get(namespace) };
    if (namespace === 'nowhere') return { code: 404, answer: { kind: 'Status', message: 'namespaces "nowhere" not found' } };
    if (request.method === 'POST' && name === undefined && request.headers['content-type'] === 'application/json') {
      const created = createSchema.safeParse(JSON.parse(body));
      const fits = created.success && created.data.metadata.namespace === namespace && created.data.involvedObject.namespace === namespace;
      if (!fits) return { code: 422, answer: { kind: 'Status', reason: 'Invalid', message: 'Event is invalid' } };
      const id = `${namespace}/${created.data.metadata.name}`;
      if (events.has(id)) return { code: 409, answer: { kind: 'Status', reason: 'AlreadyExists' } };
      events.set(id, storedSchema.parse(JSON.parse(body)));
      return { code: 201, answer: events.get(id) };
    }
    const before = events.get(`${namespace}/${name ?? ''}`);
    if (request.method !== 'PATCH' || request.headers['content-type'] !== 'application/merge-patch+json') return { code: 415, answer: {} };
    if (!before) return { code: 404, answer: { kind: 'Status', reason: 'NotFound' } };
    const changes = z.parse(z.looseObject({}), JSON.parse(body));
    events.set(`${namespace}/${name ?? ''}`, storedSchema.parse({ ...before, ...changes }));
    return { code: 200, answer: {} };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server: inCluster({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }, dir),
    events,
    requests,
    connections: () => connections,
    next: (...more) => handlers.push(...more),
    refuse(namespace, body) {
      refusing.set(namespace, body);
      return () => refusing.delete(namespace);
    },
    rotateToken(text, write = true) {
      token = text;
      if (write) writeToken(text);
    },
    writeToken,
    dropConnections,
    async close() {
      dropConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
