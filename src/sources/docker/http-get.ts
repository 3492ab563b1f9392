import { request, type Agent, type IncomingMessage } from 'node:http';
import type { Clock } from '../../host/clock.ts';
import { errno } from '../../lib/thrown.ts';
import { RPC_STATUS, RpcError } from '../grpc/rpc-error.ts';

/** One answer: its status, and its headers in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface GetOptions {
  readonly socket: string;
  readonly path: string;
  readonly clock: Clock;
  /** How long the answer may take; null: as long as it takes. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
  /** Whose connections are used; false: one of its own. */
  readonly agent: Agent | false;
}

/**
 * One GET over a unix socket, whole, at most `maxBytes` long.
 * @throws {RpcError | Error} when it is not answered in time, is too long, or the connection breaks
 */
export function getWhole(options: GetOptions, maxBytes: number): Promise<Answer & { readonly body: string }> {
  return get(options, async (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new RpcError(RPC_STATUS.INTERNAL, `the answer to ${options.path} is longer than ${String(maxBytes)} bytes`);
      chunks.push(chunk);
    }
    // What was announced and did not come is no answer.
    if (!response.complete) throw new RpcError(RPC_STATUS.UNAVAILABLE, `the answer to ${options.path} was cut off`);
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') };
  });
}

/** A GET whose answer does not end: resolves when it has begun. Its bytes must be read; the signal ends it. */
export function getStream(options: GetOptions): Promise<Answer & { readonly chunks: AsyncIterable<Uint8Array>; close(): void }> {
  return get(options, (response) =>
    Promise.resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      chunks: response,
      close() {
        response.destroy();
      },
    }),
  );
}

function get<T>({ socket, path, clock, timeoutMs, signal, agent }: GetOptions, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const call = request({ socketPath: socket, path, method: 'GET', agent, headers: { host: 'localhost' }, signal });
    const late = (): void => {
      call.destroy(new RpcError(RPC_STATUS.DEADLINE_EXCEEDED, `no answer to ${path} within ${String(timeoutMs)} ms`));
    };
    const forget = timeoutMs === null ? () => undefined : clock.after(timeoutMs, late);
    const fail = (error: unknown): void => {
      forget();
      // What answers in another protocol is no engine: a gRPC server's first bytes are a frame of HTTP/2.
      const foreign = errno(error).startsWith('HPE_');
      reject(foreign ? new RpcError(RPC_STATUS.UNIMPLEMENTED, 'it does not speak HTTP/1.1') : error instanceof Error ? error : new Error(String(error)));
    };
    call.on('error', fail);
    call.on('response', (response) => {
      read(response).then((value) => {
        forget();
        resolve(value);
      }, (error: unknown) => {
        call.destroy();
        fail(error);
      });
    });
    call.end();
  });
}
