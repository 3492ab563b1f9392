import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import findMyWay from 'find-my-way';
import { Why137Error } from '../../lib/errors.ts';
import { isLoopbackAddress, refusal } from './guard.ts';
import { problem, problemOf } from './problem.ts';
import { rawProblem, sendHead, sendProblem, sendText } from './respond.ts';
import type { Answer, Context, HttpDeps, Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { createStreams, STREAM_LIMITS, type StreamLimits } from './streams.ts';

export interface HttpOptions extends HttpDeps {
  /** Told of what a handler threw without meaning it for the reader. */
  readonly onError?: (error: unknown) => void;
  readonly streamLimits?: Partial<StreamLimits>;
}

export interface Http {
  /** Throws Why137Error W137_LISTEN. Port 0 takes a free one; `url` says which. An empty host is every address. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>;
  /** Ends streams and idle connections at once, others after a moment. */
  close(): Promise<void>;
  streams(): { readonly clients: number; readonly dropped: number };
}

/** The read-only HTTP endpoint (contract: HTTP). */
export function createHttp(options: HttpOptions): Http {
  const streams = createStreams(options.store, { ...STREAM_LIMITS, ...options.streamLimits });
  const context: Context = { ...options, streams };
  const match = createMatcher();
  let loopbackOnly = true;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusal(request, loopbackOnly);
    if (refused) {
      sendProblem(request, response, refused.problem, refused.headers);
      return;
    }
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const found = match(path);
    if (!found) throw new Why137Error('W137_NOT_FOUND', `There is nothing at ${path}; /openapi.json lists what there is.`);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    send(request, response, found.route, await found.route.run(context, found.params, query));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Why137Error)) options.onError?.(error);
      if (response.headersSent) response.destroy();
      else sendProblem(request, response, problemOf(error));
    });
  });
  limit(server);
  server.on('clientError', answerClientError);

  return {
    async listen({ host, port }) {
      loopbackOnly = isLoopbackAddress(host);
      await listening(server, host, port);
      const address = server.address();
      const bound = address !== null && typeof address === 'object' ? address.port : port;
      const name = host === '' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
      return { url: `http://${name}:${String(bound)}` };
    },
    close: () =>
      new Promise((resolve) => {
        const hard = setTimeout(() => {
          server.closeAllConnections();
        }, 1_000);
        server.close(() => {
          clearTimeout(hard);
          resolve();
        });
        streams.close();
        server.closeIdleConnections();
      }),
    streams: streams.counts,
  };
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string | undefined>>;
}

function createMatcher(): (path: string) => Match | null {
  const router = findMyWay({ maxParamLength: 1_000 });
  const routes = new Map<unknown, Route>();
  for (const route of ROUTES) {
    const handler = (): Route => route;
    routes.set(handler, route);
    router.on('GET', route.path, handler);
  }
  return (path) => {
    const found = router.find('GET', path);
    const route = routes.get(found?.handler);
    return found && route ? { route, params: found.params } : null;
  };
}

function send(request: IncomingMessage, response: ServerResponse, route: Route, answer: Answer): void {
  if ('stream' in answer) {
    if (request.method === 'HEAD') {
      sendHead(response, 200, route.contentType);
      response.end();
    } else answer.stream(request, response);
  } else if ('text' in answer) sendText(request, response, answer.status, answer.contentType, answer.text);
  else sendText(request, response, answer.status, 'application/json', JSON.stringify(answer.body));
}

/** Nobody may hold a connection, or our memory, by being slow. */
function limit(server: Server): void {
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = 128;
  server.setTimeout(60_000);
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

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, reason: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are longer than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not arrive within 10 s.'],
};

function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, detail] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'Bad Request', 'This is not an HTTP request.'];
  socket.end(rawProblem(problem('W137_BAD_REQUEST', detail, status), reason));
}
