import { type ClientRequest, request, type IncomingHttpHeaders } from 'node:http';
import { Why137Error } from '../../../src/lib/errors.ts';
import type { ExitCode } from '../../../src/model/exit-code.ts';
import type { Sources } from '../../../src/model/source-status.ts';
import { createHttp, type Http, type HttpOptions } from '../../../src/outputs/http/http.ts';
import { createMemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../store/samples.ts';

export const SOURCES: Sources = {
  sources: [
    {
      name: 'journal',
      kind: 'kernel-log',
      up: true,
      since: '2026-11-23T03:00:00.000000Z',
      detail: 'journalctl follows kernel and units',
      cure: null,
      lagMs: 12,
      position: 's=1;i=2',
      coverage: [{ from: null, to: '2026-11-23T03:02:11.000000Z' }],
      gaps: [{ from: null, to: null, why: 'rotated' }],
      gapCount: 1,
      hides: 'kernel kills',
      records: 40,
      restarts: 0,
      dropped: { 'not-kernel': 3 },
    },
  ],
  ledger: { since: '2026-11-23T03:00:00.000000Z', to: '2026-11-23T03:02:00.000000Z', counted: 4, parsed: 3, gaps: [] },
};

const exitCode = (given: number): ExitCode => {
  if (given === 666) throw new Error('secret inside');
  if (given === 667) throw new Why137Error('W137_NOT_INTEGER', 'not this one');
  const rangeDetail = { from: 129, to: 255, text: 'by a signal', source: 'signal(7)' };
  return { given, code: given & 255, range: 'signal', rangeDetail, signal: null, meanings: [], tellApart: [] };
};

export interface Served {
  readonly store: Store;
  readonly http: Http;
  readonly url: string;
}

/** A real server, on a free loopback port unless told otherwise. */
export async function serve(options: Partial<HttpOptions> = {}, { host = '127.0.0.1', port = 0 } = {}): Promise<Served> {
  const store = options.store ?? createMemoryStore({ firstEventId: 1_000 });
  const http = createHttp({
    store,
    sources: () => SOURCES,
    containersNamed: () => [],
    ready: () => ({ ready: true, why: 'all read' }),
    metrics: () => 'up 1\n',
    now: () => T0,
    version: '9.9.9',
    exitCode,
    ...options,
  });
  const { url } = await http.listen({ host, port });
  return { store, http, url };
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: unknown;
}

export function get(url: string, { method = 'GET', headers = {} } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = (response.headers['content-type'] ?? '').includes('json') && text !== '';
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: json ? JSON.parse(text) : null });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Collects what a stream says until the condition holds. */
export function follow(url: string, headers: Record<string, string> = {}) {
  let text = '';
  let check: (() => void) | null = null;
  const asked = request(`${url}/v1/stream`, { headers, agent: false }, (response) => {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      check?.();
    });
    response.on('error', () => undefined);
  });
  asked.on('error', () => undefined);
  asked.end();
  return {
    until: (holds: (text: string) => boolean) =>
      new Promise<string>((resolve) => {
        check = () => {
          if (holds(text)) resolve(text);
        };
        check();
      }),
    stop: () => asked.destroy(),
  };
}
