import { connect, type Socket } from 'node:net';

/** A connection on which anything may be said. */
export interface Raw {
  readonly socket: Socket;
  /** What came so far. */
  text(): string;
  /** Resolves with all that came when the other side has closed. */
  readonly closed: Promise<string>;
}

export function raw(url: string, said = ''): Raw {
  const { hostname, port } = new URL(url);
  let text = '';
  const socket = connect(Number(port), hostname, () => {
    if (said !== '') socket.write(said);
  });
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      resolve(text);
    });
  });
  return { socket, text: () => text, closed };
}

/** Statuses of the answers in a text. */
export const statusesIn = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
