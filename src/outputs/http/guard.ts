import type { IncomingMessage } from 'node:http';
import { TOKEN_HEADER } from './access.ts';
import { problem } from './problem.ts';
import type { Refusal } from './refusal.ts';

/** Longer than any target, filter and cursor together. */
const MAX_URL = 4_096;

/** Of these the first of two would count here, and perhaps the second for a proxy before us. */
const ONCE = ['host', 'authorization', TOKEN_HEADER];

/** Why a request is refused before its route is looked up; null: it is not. */
export function refusal(request: IncomingMessage, loopbackOnly: boolean): Refusal | null {
  const { method = '', url = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    const detail = `${method} is not served: why137 is read-only. Allowed: GET, HEAD.`;
    // What follows such a head may be a body: it is not read as a request.
    return { problem: problem('W137_METHOD', detail), headers: { Allow: 'GET, HEAD', ...(hasBody(request) && CLOSE) } };
  }
  if (hasBody(request)) return { problem: problem('W137_BAD_REQUEST', 'The request has a body; allowed: none.', 413), headers: CLOSE };
  if (url.length > MAX_URL) {
    const detail = `The URL is ${String(url.length)} characters long; allowed: ${String(MAX_URL)}.`;
    return { problem: problem('W137_BAD_REQUEST', detail, 414), headers: {} };
  }
  const twice = ONCE.find((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) return { problem: problem('W137_BAD_REQUEST', `Header ${twice} is given twice; allowed: once.`), headers: CLOSE };
  if (loopbackOnly && headers.host !== undefined && !isLoopbackName(headers.host)) {
    // A web page could give its own name the address 127.0.0.1 and read the answers (DNS rebinding). The port is of no
    // interest: a page has its own name, and who forwards a port (ssh -L, kubectl port-forward) has another port.
    const detail = `Host is ${JSON.stringify(headers.host)}; allowed while listening on loopback: localhost, 127.0.0.1, [::1].`;
    return { problem: problem('W137_BAD_REQUEST', detail, 403), headers: {} };
  }
  return null;
}

const CLOSE = { Connection: 'close' };

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

export function isLoopbackAddress(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(address);
}

const isLoopbackName = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
