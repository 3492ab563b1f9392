import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import * as z from 'zod/mini';
import type { OomKill } from '../../src/model/oom-kill.ts';
import { oomKillPageSchema, verdictPageSchema } from '../../src/model/page.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { logLineSchema, type LogLine } from '../../src/outputs/log/line-schema.ts';

const PAGE = 500;

/** One program that is started over and over on the same state. */
export class AgentProcess {
  readonly #command: readonly string[];
  #child: ChildProcess | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #printed = '';
  readonly #lines: LogLine[] = [];
  #url: string | null = null;
  complaint = '';
  /** Lines that were cut by the end of the process, at most one a run. */
  cut = 0;
  runs = 0;

  constructor(program: string, args: readonly string[]) {
    this.#command = [program, 'agent', '--listen', '127.0.0.1:0', ...args];
  }

  start(): void {
    const child = spawn(process.execPath, [...this.#command], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#url = null;
    this.runs += 1;
    child.stdout.on('data', (chunk: Buffer) => { this.#take(chunk.toString()); });
    child.stderr.on('data', (chunk: Buffer) => { this.complaint += chunk.toString(); });
    // `close`: all that it printed has been read.
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  get alive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  get serves(): boolean {
    return this.#url !== null;
  }

  /** Everything that all runs have printed. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
    if (this.#printed !== '') this.cut += 1;
    this.#printed = '';
  }

  /** Its journalctl processes. */
  journalctls(): number[] {
    const file = `/proc/${String(this.pid)}/task/${String(this.pid)}/children`;
    if (!existsSync(file)) return [];
    const comm = (pid: string): string => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      } catch {
        return '';
      }
    };
    return readFileSync(file, 'utf8').split(' ').filter((pid) => pid !== '' && comm(pid) === 'journalctl').map(Number);
  }

  verdicts(): Promise<readonly Verdict[]> {
    return this.#all('/v1/exits', verdictPageSchema);
  }

  kills(): Promise<readonly OomKill[]> {
    return this.#all('/v1/oom-kills', oomKillPageSchema);
  }

  async #all<T>(path: string, schema: z.ZodMiniType<{ items: T[]; next: string | null }>): Promise<readonly T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = schema.parse(JSON.parse(await this.#get(`${path}?limit=${String(PAGE)}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)));
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  }

  #get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      httpGet(`${this.#url ?? 'http://127.0.0.1:9'}${path}`, { agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => { resolve(body); });
        response.on('error', reject);
      }).on('error', reject);
    });
  }

  #take(text: string): void {
    const lines = (this.#printed + text).split('\n');
    this.#printed = lines.pop() ?? '';
    for (const line of lines) {
      const parsed = z.parse(logLineSchema, JSON.parse(line));
      this.#lines.push(parsed);
      if (parsed.event === 'agent.ready') this.#url = /http\S+/.exec(parsed.msg)?.[0] ?? null;
    }
  }
}
