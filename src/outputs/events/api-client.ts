import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Clock } from '../../host/clock.ts';
import { sayThrown } from '../../lib/thrown.ts';
import { MS } from '../../lib/time.ts';
import { answerOf, type Answer } from './answer.ts';
import type { ApiServer, Credentials } from './in-cluster.ts';

export interface ApiClient {
  send(method: 'POST' | 'PATCH', path: string, body: unknown): Promise<Answer>;
  close(): void;
}

export interface ApiClientOptions {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly version: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** A connection that nobody needs is given back: Events are rare. */
const IDLE_MS = 30_000;
/** An answer is the Event itself, or a Status. */
const MAX_BODY_BYTES = 65_536;
const CONTENT_TYPE = { POST: 'application/json', PATCH: 'application/merge-patch+json' } as const;

/** Writes to the API server over one connection that is kept while it is used. Never rejects. */
export function createApiClient({ server, clock, version, timeoutMs = TIMEOUT_MS }: ApiClientOptions): ApiClient {
  let connection: { readonly agent: Agent; readonly ca: string } | null = null;

  function agentFor(ca: string): Agent {
    if (connection?.ca === ca) return connection.agent;
    connection?.agent.destroy();
    connection = { ca, agent: new Agent({ keepAlive: true, maxSockets: 1, ca, timeout: IDLE_MS }) };
    return connection.agent;
  }

  function attempt(method: 'POST' | 'PATCH', path: string, text: string, { token, ca }: Credentials): Promise<Answer | 'again'> {
    return new Promise((resolve) => {
      let over = false;
      let timedOut = false;
      const headers = {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'content-type': CONTENT_TYPE[method],
        'content-length': String(Buffer.byteLength(text)),
        'user-agent': `why137/${version}`,
      };
      const asked = request({ host: server.host, port: server.port, method, path, headers, agent: agentFor(ca) }, (response) => {
        bodyOf(response, (body) => {
          settle(answerOf(method, response.statusCode ?? 0, body, response.headers['retry-after'], clock.now() / MS));
        }, failed);
      });
      const forget = clock.after(timeoutMs, () => {
        timedOut = true;
        asked.destroy(new Error(`no answer within ${String(timeoutMs)} ms`));
      });
      function settle(answer: Answer | 'again'): void {
        if (over) return;
        over = true;
        forget();
        resolve(answer);
      }
      function failed(error: Error & { code?: string }): void {
        // The server had closed the connection that was kept: a new one is made.
        const stale = asked.reusedSocket && !timedOut && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        settle(stale ? 'again' : { type: 'later', trouble: timedOut ? 'timeout' : 'unreachable', why: error.message, afterMs: null });
      }
      asked.on('error', failed);
      asked.end(text);
    });
  }

  return {
    async send(method, path, body) {
      try {
        const credentials = await server.credentials();
        const text = JSON.stringify(body);
        let answer = await attempt(method, path, text, credentials);
        if (answer === 'again') answer = await attempt(method, path, text, credentials);
        return answer === 'again' ? { type: 'later', trouble: 'unreachable', why: 'the connection was cut twice', afterMs: null } : answer;
      } catch (error) {
        // No credentials, or what they hold is no token or certificate.
        return { type: 'later', trouble: 'unauthorized', why: sayThrown(error), afterMs: null };
      }
    },
    close() {
      connection?.agent.destroy();
      connection = null;
    },
  };
}

function bodyOf(response: IncomingMessage, ended: (body: string) => void, failed: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    if (bytes < MAX_BODY_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  response.on('end', () => {
    ended(Buffer.concat(chunks).toString('utf8'));
  });
  response.on('error', failed);
}
