import type { IncomingMessage } from 'node:http';
import { problem } from './problem.ts';
import type { Refusal } from './refusal.ts';
import type { Tokens } from './tokens.ts';

/** Besides `Authorization: Bearer`: the API server's proxy to pods takes that header away, and leaves this one. */
export const TOKEN_HEADER = 'x-why137-token';

export interface Access {
  /** Null: no token is asked for. */
  readonly tokens: Tokens | null;
  /** Whether a client that has a certificate of the client CA needs no token. */
  readonly byCertificate: boolean;
}

/** Why a request for something protected is refused; null: it is not. */
export function denial(request: IncomingMessage, { tokens, byCertificate }: Access): Refusal | null {
  if (tokens === null && !byCertificate) return null;
  if (byCertificate && hasCertificate(request)) return null;
  const given = tokenOf(request);
  if (given !== null && tokens?.has(given) === true) return null;
  const wanted = [tokens && `a token, as Authorization: Bearer or ${TOKEN_HEADER}`, byCertificate && 'a client certificate'].filter(Boolean).join(', or ');
  const detail = given === null ? `This takes ${wanted}.` : `The token is not known; this takes ${wanted}.`;
  return {
    problem: problem('W137_UNAUTHORIZED', detail),
    headers: { 'WWW-Authenticate': `Bearer realm="why137"${given === null ? '' : ', error="invalid_token"'}` },
  };
}

function tokenOf({ headers }: IncomingMessage): string | null {
  const own = headers[TOKEN_HEADER];
  if (typeof own === 'string') return own;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** `authorized` is of TLS sockets alone: the certificate was shown, and is of the CA. */
const hasCertificate = ({ socket }: IncomingMessage): boolean => 'authorized' in socket && socket.authorized === true;
