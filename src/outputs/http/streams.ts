import type { IncomingMessage, ServerResponse } from 'node:http';
import { Why137Error } from '../../lib/errors.ts';
import type { Store, StoreEvent } from '../../store/store.ts';
import { problem } from './problem.ts';
import { sendHead, sendProblem } from './respond.ts';

export interface StreamLimits {
  readonly maxClients: number;
  /** A reader with more than this still to be sent is dropped: it would hold our memory. */
  readonly maxPendingBytes: number;
  readonly pingMs: number;
}

export const STREAM_LIMITS: StreamLimits = { maxClients: 32, maxPendingBytes: 1_048_576, pingMs: 15_000 };

export interface Streams {
  open(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
  /** Readers now, and readers dropped so far because they did not keep up. */
  readonly counts: () => { readonly clients: number; readonly dropped: number };
}

interface Client {
  readonly response: ServerResponse;
  /** Id of the last event written. */
  last: number;
  /** False while what it missed is being written at the pace it reads: new events wait in the store's ring. */
  live: boolean;
  /** Whether nothing of what was written had been taken at the last ping. */
  stalled: boolean;
}

/** Server-sent events: one subscription to the store for all readers, and each event is serialised once. */
export function createStreams(store: Store, limits: StreamLimits = STREAM_LIMITS): Streams {
  const clients = new Set<Client>();
  let dropped = 0;
  let unsubscribe: (() => void) | null = null;
  let pings: NodeJS.Timeout | null = null;

  function begin(): void {
    unsubscribe = store.onChange((event) => {
      const text = frame(event);
      for (const client of clients) if (client.live) write(client, event.id, text);
    });
    pings = setInterval(() => {
      for (const client of clients) ping(client);
    }, limits.pingMs);
    pings.unref();
  }

  function forget(client: Client): void {
    clients.delete(client);
    if (clients.size > 0) return;
    unsubscribe?.();
    if (pings) clearInterval(pings);
    unsubscribe = pings = null;
  }

  function drop(client: Client): void {
    dropped += 1;
    forget(client);
    client.response.destroy();
  }

  function write(client: Client, id: number, text: string): boolean {
    client.last = id;
    const more = client.response.write(text);
    if (client.response.writableLength > limits.maxPendingBytes) drop(client);
    return more;
  }

  function ping(client: Client): void {
    if (!client.response.writableNeedDrain) client.response.write(': ping\n\n');
    else if (client.stalled) drop(client);
    else client.stalled = true;
  }

  function catchUp(client: Client): void {
    for (;;) {
      const { events, complete } = store.eventsAfter(client.last);
      if (!complete) client.response.write(`event: lost\ndata: ${JSON.stringify({ after: client.last })}\n\n`);
      for (const event of events) {
        if (!clients.has(client)) return;
        if (!write(client, event.id, frame(event))) return; // goes on at 'drain'
      }
      if (events.length === 0) {
        client.live = true;
        return;
      }
    }
  }

  return {
    open(request, response) {
      const last = lastEventId(request);
      if (clients.size >= limits.maxClients) {
        const detail = `${String(limits.maxClients)} readers follow the stream already, as many as are allowed; close one.`;
        sendProblem(request, response, problem('W137_BUSY', detail), { 'Retry-After': '30' });
        return;
      }
      sendHead(response, 200, 'text/event-stream');
      request.socket.setTimeout(0);
      const client: Client = { response, last: last ?? 0, live: last === null, stalled: false };
      if (clients.size === 0) begin();
      clients.add(client);
      response.on('close', () => {
        if (clients.has(client)) forget(client);
      });
      response.on('drain', () => {
        client.stalled = false;
        if (!client.live) catchUp(client);
      });
      response.write('retry: 2000\n\n');
      if (!client.live) catchUp(client);
    },
    close() {
      for (const client of clients) client.response.end();
    },
    counts: () => ({ clients: clients.size, dropped }),
  };
}

const frame = ({ id, type, data }: StoreEvent): string => `id: ${String(id)}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

function lastEventId(request: IncomingMessage): number | null {
  const given = request.headers['last-event-id'];
  if (given === undefined || given === '') return null;
  if (typeof given === 'string' && /^\d{1,16}$/.test(given)) return Number(given);
  throw new Why137Error(
    'W137_BAD_REQUEST',
    `Header Last-Event-ID has the value ${JSON.stringify(given)}; allowed: the id of an event of this stream.`,
  );
}
