import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Problem } from '../../model/problem.ts';
import { problem } from './problem.ts';

/** Longer than any target, filter and cursor together. */
const MAX_URL = 4_096;

export interface Refusal {
  readonly problem: Problem;
  readonly headers: OutgoingHttpHeaders;
}

/** Why a request is refused before its route is looked up; null: it is not. */
export function refusal(request: IncomingMessage, loopbackOnly: boolean): Refusal | null {
  const { method = '', url = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    const detail = `${method} is not served: why137 is read-only. Allowed: GET, HEAD.`;
    return { problem: problem('W137_METHOD', detail), headers: { Allow: 'GET, HEAD' } };
  }
  if (url.length > MAX_URL) {
    const detail = `The URL is ${String(url.length)} characters long; allowed: ${String(MAX_URL)}.`;
    return { problem: problem('W137_BAD_REQUEST', detail, 414), headers: {} };
  }
  if (loopbackOnly && headers.host !== undefined && !isLoopbackName(headers.host)) {
    // A web page could give its own name the address 127.0.0.1 and read the answers (DNS rebinding).
    const detail = `Host is ${JSON.stringify(headers.host)}; allowed while listening on loopback: localhost, 127.0.0.1, [::1].`;
    return { problem: problem('W137_BAD_REQUEST', detail, 403), headers: {} };
  }
  return null;
}

export function isLoopbackAddress(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(address);
}

const isLoopbackName = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
