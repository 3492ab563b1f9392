import type { IncomingMessage, ServerResponse } from 'node:http';
import { ALWAYS } from './respond.ts';
import { TOKEN_HEADER } from './access.ts';

/** Seconds that a browser need not ask again. */
const MAX_AGE = 600;

/**
 * Lets the pages of these origins read the answers, and no others. Gives whether the request was a browser's question
 * beforehand, which is answered then. Nothing is set for a request without an Origin, as of programs.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  if (origins.length === 0) return false;
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  response.setHeader('Access-Control-Allow-Origin', origin);
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  response.writeHead(204, {
    ...ALWAYS,
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': `Authorization, Last-Event-ID, ${TOKEN_HEADER}`,
    'Access-Control-Max-Age': String(MAX_AGE),
  });
  response.end();
  return true;
}
