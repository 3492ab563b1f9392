import type { Duplex } from 'node:stream';
import { problem } from './problem.ts';
import { rawProblem } from './respond.ts';

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, reason: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are longer than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not arrive within 10 s.'],
};

/** Answers what is not even a request, and closes; gives whether it did. `busy`: a request before it is being answered. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, busy: boolean): boolean {
  const { code = '' } = error;
  // Over a connection that failed, or whose TLS did, nothing can be said.
  if (code === 'ECONNRESET' || /^ERR_(SSL|TLS)_/.test(code) || !socket.writable) {
    socket.destroy();
    return false;
  }
  // One more answer could be taken for one to a request that was never made.
  if (busy) {
    socket.end();
    return true;
  }
  const [status, reason, detail] = CLIENT_ERRORS[code] ?? [400, 'Bad Request', 'This is not an HTTP request.'];
  socket.end(rawProblem(problem('W137_BAD_REQUEST', detail, status), reason));
  return true;
}
