import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Why137Error } from '../../lib/errors.ts';
import { type Access, denial } from './access.ts';
import { answerClientError } from './client-error.ts';
import { CONNECTION_LIMITS, type ConnectionLimits, type Connections, keepRoom } from './connections.ts';
import { allowOrigin } from './cors.ts';
import { isLoopbackAddress, refusal } from './guard.ts';
import { createMatcher } from './match.ts';
import { problem, problemOf } from './problem.ts';
import { sendHead, sendProblem, sendText } from './respond.ts';
import type { Answer, Context, HttpDeps, Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { type HttpSecurity, OPEN, openAccess, openServer } from './security.ts';
import { createStreams, STREAM_LIMITS, type StreamLimits } from './streams.ts';

export interface HttpOptions extends HttpDeps {
  /** Told of what a handler threw without meaning it for the reader. */
  readonly onError?: (error: unknown) => void;
  /** Told, once each, why a token file or certificate that changed cannot be used. */
  readonly onTrouble?: (why: string) => void;
  readonly streamLimits?: Partial<StreamLimits>;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly security?: HttpSecurity;
}

export interface Http {
  /**
   * Throws Why137Error: W137_LISTEN, W137_CONFIG (token or TLS files). Port 0 takes a free one; `url` says which. An
   * empty host is every address.
   */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>;
  /** Ends streams and idle connections at once, others after a moment. */
  close(): Promise<void>;
  streams(): { readonly clients: number; readonly dropped: number };
  /** Requests refused, and connections dropped, so far. */
  refused(): Readonly<Record<RefusedFor, number>>;
}

export type RefusedFor = 'unauthorized' | 'host' | 'busy' | 'malformed' | 'connection';
const BUSY_SECONDS = '5';

/** The read-only HTTP endpoint (contract: HTTP). */
export function createHttp(options: HttpOptions): Http {
  const { security = OPEN, onTrouble = () => undefined } = options;
  const streams = createStreams(options.store, { ...STREAM_LIMITS, ...options.streamLimits });
  const limits: ConnectionLimits = { ...CONNECTION_LIMITS, ...options.connectionLimits };
  const context: Context = { ...options, streams };
  const match = createMatcher(ROUTES);
  const refused = { unauthorized: 0, host: 0, busy: 0, malformed: 0 };
  let open: { readonly server: Server; readonly connections: Connections; readonly access: Access } | null = null;
  let loopbackOnly = true;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const busy = open?.connections.begin(response) ?? null;
    if (allowOrigin(request, response, security.corsOrigins)) return;
    const why = refusal(request, loopbackOnly);
    if (why) {
      if (why.problem.status === 403) refused.host += 1;
      sendProblem(request, response, why.problem, why.headers);
      return;
    }
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const found = match(path);
    if (!found) throw new Why137Error('W137_NOT_FOUND', `There is nothing at ${path}; /openapi.json lists what there is.`);
    const { route, params } = found;
    if (isProtected(route, security) && open) {
      const denied = denial(request, open.access);
      if (denied) {
        refused.unauthorized += 1;
        sendProblem(request, response, denied.problem, denied.headers);
        return;
      }
    }
    // A probe is answered all the same: a restart would help nobody.
    if (busy !== null && route.protected !== false) {
      refused.busy += 1;
      sendProblem(request, response, problem('W137_BUSY', busy), { 'Retry-After': BUSY_SECONDS, Connection: 'close' });
      return;
    }
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    send(request, response, route, await route.run(context, params, query));
  }

  function listener(request: IncomingMessage, response: ServerResponse): void {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Why137Error)) options.onError?.(error);
      if (response.headersSent) response.destroy();
      else sendProblem(request, response, problemOf(error));
    });
  }

  return {
    async listen({ host, port }) {
      loopbackOnly = isLoopbackAddress(host);
      const access = await openAccess(security, onTrouble);
      const server = await openServer(security, limits.requestMs, listener, onTrouble);
      // Without this, Node would ask for the body that is refused.
      server.on('checkContinue', listener);
      const connections = keepRoom(server, limits);
      server.on('clientError', (error, socket) => {
        if (answerClientError(error, socket, connections.isBusy(socket))) refused.malformed += 1;
      });
      open = { server, connections, access };
      await listening(server, host, port);
      const address = server.address();
      const bound = address !== null && typeof address === 'object' ? address.port : port;
      const name = host === '' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
      return { url: `${security.tls === null ? 'http' : 'https'}://${name}:${String(bound)}` };
    },
    async close() {
      streams.close();
      if (open !== null) await closed(open.server, open.connections);
    },
    streams: streams.counts,
    refused: () => ({ ...refused, connection: open?.connections.dropped() ?? 0 }),
  };
}

const isProtected = (route: Route, { protectMetrics }: HttpSecurity): boolean => route.protected === true || (route.protected === 'if-wanted' && protectMetrics);

function send(request: IncomingMessage, response: ServerResponse, route: Route, answer: Answer): void {
  if ('stream' in answer) {
    if (request.method === 'HEAD') {
      sendHead(response, 200, route.contentType);
      response.end();
    } else answer.stream(request, response);
  } else if ('text' in answer) sendText(request, response, answer.status, answer.contentType, answer.text);
  else sendText(request, response, answer.status, 'application/json', JSON.stringify(answer.body));
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message);
      const sentence = `Cannot listen on ${host.includes(':') ? `[${host}]` : host}:${String(port)}: ${why}. Choose another address with --listen.`;
      reject(new Why137Error('W137_LISTEN', sentence, { cause: error }));
    };
    server.once('error', failed);
    // Without a host Node takes every address of both families, or of IPv4 where there is no IPv6.
    server.listen(host === '' ? { port } : { host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function closed(server: Server, connections: Connections): Promise<void> {
  await new Promise<void>((resolve) => {
    const hard = setTimeout(() => {
      connections.cut();
    }, 1_000);
    server.close(() => {
      clearTimeout(hard);
      resolve();
    });
    server.closeIdleConnections();
  });
}
