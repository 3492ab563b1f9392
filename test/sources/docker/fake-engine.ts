import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const idOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
export const nanos = (iso: string): number => Date.parse(iso) * 1_000_000;

export interface FakeContainer {
  State: Record<string, unknown>;
  [key: string]: unknown;
}

/** A Docker Engine as far as it is asked, on a socket of its own. */
export class FakeEngine {
  readonly directory = mkdtempSync(join(tmpdir(), 'w137-engine-'));
  readonly socket = join(this.directory, 'd.sock');
  readonly containers = new Map<string, FakeContainer>();
  /** Everything that was asked, in order: method and path. */
  readonly asked: string[] = [];
  /** Sent to whoever asks for events, before anything else. */
  replay: string[] = [];
  /** Answers instead; true: it has. */
  intercept: (url: string, response: ServerResponse) => boolean = () => false;
  #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socket, resolve));
  }

  put(name: string, state: Record<string, unknown>, more: Record<string, unknown> = {}): string {
    const id = idOf(name);
    this.containers.set(id, { Id: id, Name: `/${name}`, RestartCount: 0, State: { Running: false, Restarting: false, OOMKilled: false, Pid: 0, ExitCode: 0, Error: '', ...state }, Config: { Image: 'img:1', Labels: {} }, HostConfig: { Memory: 0 }, ...more });
    return id;
  }

  event(action: string, id: string, time: string, attributes: Record<string, string> = {}): string {
    return `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: { image: 'img:1', name: 'x', ...attributes } }, time: Math.floor(Date.parse(time) / 1000), timeNano: nanos(time) })}\n`;
  }

  send(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  /** Breaks the event streams. */
  breakStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  get streams(): number {
    return this.#streams.size;
  }

  async close(): Promise<void> {
    this.breakStreams();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.asked.push(`${request.method ?? ''} ${url}`);
    if (this.intercept(url, response)) return;
    const json = (value: unknown): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    const one = /^\/containers\/([^/]+)\/json$/.exec(url)?.[1];
    if (url === '/version') json({ Version: '20.10.24', ApiVersion: '1.41', Components: [{ Name: 'Engine' }] });
    else if (url === '/_ping') response.setHeader('api-version', '1.41').end('OK');
    else if (url.startsWith('/containers/json')) json([...this.containers].map(([Id, { State }]) => ({ Id, State: State['Running'] === true ? 'running' : 'exited' })));
    else if (one !== undefined && this.containers.has(one)) json(this.containers.get(one));
    else if (url.startsWith('/events?')) {
      response.writeHead(200);
      response.flushHeaders();
      for (const text of this.replay) response.write(text);
      this.#streams.add(response);
    } else response.writeHead(404).end('{"message":"no such"}');
  }
}
