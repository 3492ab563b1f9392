import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectionLimits {
  /** Connections that are served at once. */
  readonly max: number;
  /** Bytes of answers that nobody has taken yet, of all together: they hold our memory. */
  readonly maxPendingBytes: number;
  /** Until a request must have come to its end. */
  readonly requestMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { max: 128, maxPendingBytes: 16 * 1_048_576, requestMs: 10_000 };

/** So many more are heard to be told that there are too many; beyond, a connection is closed without a word. */
const TO_BE_TOLD = 32;

export interface Connections {
  /** Takes note that a request is being answered; gives why it must not be, null: it may. */
  begin(response: ServerResponse): string | null;
  /** Whether a request is being answered on this connection. */
  isBusy(socket: Duplex): boolean;
  /** Connections closed without an answer, because of others. */
  readonly dropped: () => number;
  /** Cuts every connection, those that are no HTTP yet (the server itself does not know them) too. */
  cut(): void;
}

/**
 * Keeps room for those who ask: when there are too many connections, the one that has been silent for longest goes,
 * be it kept open or one that never ends its request (slowloris). So a probe of kubelet gets through.
 */
export function keepRoom(server: Server, { max, maxPendingBytes }: Pick<ConnectionLimits, 'max' | 'maxPendingBytes'>): Connections {
  /** By the client's address and port: a connection has one socket below TLS and one above. */
  const all = new Map<string, Socket>();
  /** Those on which no request is being answered, the longest silent first. */
  const idle = new Set<string>();
  let dropped = 0;

  function forget(key: string): void {
    all.delete(key);
    idle.delete(key);
  }
  function came(socket: Socket): void {
    const key = keyOf(socket);
    all.set(key, socket);
    idle.add(key);
    socket.once('close', () => {
      if (all.get(key) === socket) forget(key);
    });
    const [longest = key] = idle;
    if (all.size <= max || longest === key) return;
    dropped += 1;
    all.get(longest)?.destroy();
    forget(longest);
  }

  server.maxConnections = max + TO_BE_TOLD;
  server.on('drop', () => {
    dropped += 1;
  });
  server.on('connection', came);
  server.on('secureConnection', (socket: Socket) => {
    came(socket);
  });

  return {
    begin(response) {
      if (response.socket === null) return null;
      const key = keyOf(response.socket);
      idle.delete(key);
      response.once('close', () => {
        if (all.has(key)) idle.add(key);
      });
      if (all.size > max) return `${String(max)} connections are served already, as many as are allowed.`;
      let pending = 0;
      for (const one of all.values()) pending += one.writableLength;
      return pending > maxPendingBytes ? 'More answers wait to be read than memory is set aside for.' : null;
    },
    isBusy(socket) {
      const key = socket instanceof Socket ? keyOf(socket) : '';
      return all.has(key) && !idle.has(key);
    },
    dropped: () => dropped,
    cut() {
      for (const socket of all.values()) socket.destroy();
    },
  };
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${String(remotePort)}`;
