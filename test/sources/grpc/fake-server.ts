import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Metadata, ServerUnaryCall, ServerWritableStream, ServiceDefinition, UntypedServiceImplementation, sendUnaryData } from '@grpc/grpc-js';

export type UnaryHandler = (request: Buffer, metadata: Metadata) => Buffer | Promise<Buffer>;
export type StreamHandler = (request: Buffer, stream: ServerWritableStream<Buffer, Buffer>) => void;
export interface Methods {
  readonly unary?: Readonly<Record<string, UnaryHandler>>;
  readonly stream?: Readonly<Record<string, StreamHandler>>;
}

/** Thrown by a handler to answer with that gRPC status. */
export class Refusal extends Error {
  readonly code: status;
  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

const bytes = (value: Buffer): Buffer => value;
const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };

/** A gRPC server of raw bytes on a unix socket. Methods are named by their whole path, `/package.Service/Method`. */
export class FakeServer {
  readonly #server = new Server();
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async listen(socket: string, methods: Methods): Promise<FakeServer> {
    const fake = new FakeServer(socket);
    const definition: ServiceDefinition = {};
    const handlers: UntypedServiceImplementation = {};
    for (const [path, handler] of Object.entries(methods.unary ?? {})) {
      Object.assign(definition, { [path]: { path, requestStream: false, responseStream: false, ...codec } });
      handlers[path] = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
        Promise.resolve()
          .then(() => handler(call.request, call.metadata))
          .then(
            (answer) => {
              reply(null, answer);
            },
            (error: unknown) => {
              reply({ code: error instanceof Refusal ? error.code : status.INTERNAL, details: String(error) });
            },
          );
      };
    }
    for (const [path, handler] of Object.entries(methods.stream ?? {})) {
      Object.assign(definition, { [path]: { path, requestStream: false, responseStream: true, ...codec } });
      handlers[path] = (call: ServerWritableStream<Buffer, Buffer>) => {
        handler(call.request, call);
      };
    }
    fake.#server.addService(definition, handlers);
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      fake.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    return fake;
  }

  /** Breaks every connection at once, as a killed runtime does. */
  kill(): void {
    this.#server.forceShutdown();
    rmSync(this.#socket, { force: true });
  }
}

/** A directory for sockets, short enough for a unix address. */
export function socketDirectory(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'w137-'));
  return {
    path: (name) => join(directory, name),
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
