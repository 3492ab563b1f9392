import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Problem } from '../../model/problem.ts';

/** On every answer: facts about a node are neither cached nor guessed at nor run by a browser. */
export const ALWAYS: OutgoingHttpHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export function sendHead(response: ServerResponse, status: number, contentType: string, more: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { ...ALWAYS, 'Content-Type': contentType, ...more });
}

/** The whole answer at once; HEAD gets the same headers and no body. */
export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  more: OutgoingHttpHeaders = {},
): void {
  sendHead(response, status, contentType, { ...more, 'Content-Length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}

export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  more: OutgoingHttpHeaders = {},
): void {
  sendText(request, response, problem.status, 'application/problem+json', JSON.stringify(problem), more);
}

/** For what is not even a request: there is no response object, only the socket. */
export function rawProblem(problem: Problem, reason: string): string {
  const text = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${String(problem.status)} ${reason}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${String(Buffer.byteLength(text))}`,
    ...Object.entries(ALWAYS).map(([name, value]) => `${name}: ${String(value)}`),
    'Connection: close',
    '',
    text,
  ].join('\r\n');
}
