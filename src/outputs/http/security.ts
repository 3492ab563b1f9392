import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { Why137Error } from '../../lib/errors.ts';
import type { Access } from './access.ts';
import type { TlsFiles } from './tls.ts';
import { sayThrown } from '../../lib/thrown.ts';

/** What protects the endpoint, as the agent's options say. */
export interface HttpSecurity {
  /** Null: no token is asked for. */
  readonly tokenFile: string | null;
  /** Null: plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Whether `/metrics` takes a token, too. */
  readonly protectMetrics: boolean;
  /** Origins whose pages a browser lets read the answers. */
  readonly corsOrigins: readonly string[];
}

export const OPEN: HttpSecurity = { tokenFile: null, tls: null, protectMetrics: false, corsOrigins: [] };

/** Longer heads are refused (431). */
const MAX_HEADER_BYTES = 16_384;
/** More are left out, of which an answer needs none. */
const MAX_HEADERS = 100;

/** Who may ask. Throws Why137Error W137_CONFIG. */
export async function openAccess({ tokenFile, tls }: HttpSecurity, trouble: (why: string) => void): Promise<Access> {
  const byCertificate = tls !== null && tls.clientCa !== null;
  if (tokenFile === null) return { tokens: null, byCertificate };
  const { tokensOf } = await import('./tokens.ts');
  return attempt('--token-file', () => ({ tokens: tokensOf(tokenFile, trouble), byCertificate }));
}

/** A server that nobody can hold by being slow. Throws Why137Error W137_CONFIG. */
export async function openServer({ tls }: HttpSecurity, requestMs: number, listener: RequestListener, trouble: (why: string) => void): Promise<Server> {
  // Node looks for requests that are late every half a minute unless told otherwise.
  const options: ServerOptions = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: requestMs / 2 };
  const server = tls === null ? createServer(options, listener) : await tlsServer(tls, options, listener, trouble);
  server.keepAliveTimeout = 5_000;
  server.maxHeadersCount = MAX_HEADERS;
  server.setTimeout(60_000);
  return server;
}

async function tlsServer(files: TlsFiles, options: ServerOptions, listener: RequestListener, trouble: (why: string) => void): Promise<Server> {
  const { createTlsServer } = await import('./tls.ts');
  return attempt('--tls-cert-file, --tls-key-file', () => createTlsServer(files, options, listener, trouble));
}

function attempt<T>(option: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const why = sayThrown(cause);
    throw new Why137Error('W137_CONFIG', `${option} cannot be used: ${why}.`, { cause });
  }
}
