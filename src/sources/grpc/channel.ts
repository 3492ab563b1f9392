import type { Socket } from 'node:net';
import type { ChannelCredentials, Metadata } from '@grpc/grpc-js';
import type { Clock } from '../../host/clock.ts';
import { Turns } from '../../host/turns.ts';
import { loadGrpcClient } from './grpc-client.ts';
import { RPC_STATUS, RpcError } from './rpc-error.ts';

export interface CallOptions {
  /** How long the whole call may take; null: as long as it lasts. */
  readonly timeoutMs: number | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StreamHandlers {
  message(bytes: Uint8Array): void;
  /** Called exactly once; null when the server ended the stream in good order. Never after `cancel`. */
  end(error: RpcError | null): void;
}

/** One connection to a gRPC server. It never reconnects by itself: a broken one is closed and another opened. */
export interface Channel {
  /** @throws {RpcError} */
  unary(method: string, request: Buffer, options: CallOptions): Promise<Uint8Array>;
  /** Returns a function that ends the stream. */
  stream(method: string, request: Buffer, options: CallOptions, handlers: StreamHandlers): () => void;
  /** Fails every call that is not answered yet. */
  close(): void;
}

const bytes = (value: Buffer): Buffer => value;

/**
 * No HTTP/2 keepalive pings: Go's gRPC servers close a connection that pings more often than every five minutes.
 * A hung server is found by calls with a time limit instead.
 */
const CHANNEL_OPTIONS = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.max_receive_message_length': 16 * 1_024 * 1_024,
} as const;

/** How often it is asked whether there is room again. */
const ROOM_MS = 20;

/** Connects lazily to a unix socket. `isFull`: what streams without end tell is to wait at the server's. */
export async function openChannel(socketPath: string, clock: Clock, isFull: () => boolean = () => false): Promise<Channel> {
  const grpc = await loadGrpcClient();
  const credentials = grpc.ChannelCredentials.createInsecure();
  const closeSockets = holdSockets(credentials);
  const client = new grpc.Client(`unix:${socketPath}`, credentials, CHANNEL_OPTIONS);
  const open = new Set<{ cancel(): void }>();
  const metadataOf = (options: CallOptions): Metadata => {
    const metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
    return metadata;
  };
  const limit = (options: CallOptions, expired: (error: RpcError) => void): (() => void) =>
    options.timeoutMs === null
      ? () => undefined
      : clock.after(options.timeoutMs, () => {
          expired(new RpcError(RPC_STATUS.DEADLINE_EXCEEDED, `no answer within ${options.timeoutMs ?? 0} ms`));
        });

  return {
    unary(method, request, options) {
      return new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(method, bytes, bytes, request, metadataOf(options), (error, reply) => {
          forget();
          open.delete(call);
          if (error) reject(new RpcError(error.code, error.details, { cause: error }));
          else resolve(reply ?? Buffer.alloc(0));
        });
        const forget = limit(options, (error) => {
          reject(error);
          call.cancel();
        });
        open.add(call);
      });
    },
    stream(method, request, options, handlers) {
      const call = client.makeServerStreamRequest(method, bytes, bytes, request, metadataOf(options));
      let ended = false;
      const stop = (): boolean => {
        if (ended) return false;
        ended = true;
        forget();
        open.delete(call);
        return true;
      };
      open.add(call);
      const forget = limit(options, (error) => {
        if (stop()) handlers.end(error);
        call.cancel();
      });
      const turns = new Turns();
      const resumeWhenRoom = (): void => {
        clock.after(ROOM_MS, () => {
          if (!ended && isFull()) {
            resumeWhenRoom();
            return;
          }
          turns.begin();
          call.resume();
        });
      };
      call.on('data', (message: Buffer) => {
        if (ended) return;
        handlers.message(message);
        const mustWait = options.timeoutMs === null && isFull();
        if (!turns.isOver && !mustWait) return;
        // What comes meanwhile stays with the server: HTTP/2 has it wait.
        call.pause();
        if (mustWait) resumeWhenRoom();
        else turns.later(() => call.resume());
      });
      call.on('error', (error: { code?: number; details?: string; message: string }) => {
        if (stop()) handlers.end(new RpcError(error.code ?? RPC_STATUS.INTERNAL, error.details ?? error.message));
      });
      call.on('end', () => {
        if (stop()) handlers.end(null);
      });
      return () => {
        stop();
        call.cancel();
      };
    },
    close() {
      for (const call of open) call.cancel();
      client.close();
      closeSockets();
    },
  };
}

/**
 * Keeps hold of the sockets that grpc-js connects. It forgets a connection that a closed client was still waiting for
 * (a server that accepts and says nothing), which would cost a file descriptor at every attempt.
 */
function holdSockets(credentials: ChannelCredentials): () => void {
  const sockets = new Set<Socket>();
  let closed = false;
  const create = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (target, options, callCredentials) => {
    const connector = create(target, options, callCredentials);
    return {
      ...connector,
      connect(socket) {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        if (closed) socket.destroy();
        return connector.connect(socket);
      },
    };
  };
  return () => {
    closed = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** Reads a stream to its end. @throws {RpcError} */
export function readStream(
  channel: Channel,
  method: string,
  request: Buffer,
  options: CallOptions,
  message: (bytes: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.stream(method, request, options, {
      message,
      end(error) {
        if (error === null) resolve();
        else reject(error);
      },
    });
  });
}
