import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import type { OomKill } from '../../../src/model/oom-kill.ts';
import { oomKillPageSchema, verdictPageSchema } from '../../../src/model/page.ts';
import { sourcesSchema, type Sources } from '../../../src/model/source-status.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { logLineSchema, type LogLine } from '../../../src/outputs/log/line-schema.ts';
import { sayUntil } from './until.ts';

const BUNDLE = join(import.meta.dirname, '../../../dist/why137.cjs');

/** A real agent as a process of its own, asked over HTTP. */
export interface TestAgent {
  readonly url: string;
  readonly stateDir: string;
  readonly pid: number;
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  verdicts(): Promise<readonly Verdict[]>;
  oomKills(): Promise<readonly OomKill[]>;
  sources(): Promise<Sources>;
  /** Waits for a verdict on this container (that fits, where a test is given). */
  verdictOf(containerId: string, fits?: (verdict: Verdict) => boolean): Promise<Verdict>;
  killIn(containerId: string, fits?: (kill: OomKill) => boolean): Promise<OomKill>;
  sourceIsUp(name: string): Promise<void>;
  /** Waits until it has been noted that this kill or verdict was said: from then on it is not said again, whatever happens. */
  noted(id: string): Promise<void>;
  /** Every line it printed, checked against the schema of log lines. */
  logs(): readonly LogLine[];
  /** The same lines as they were printed. */
  printed(): string;
  /** Ends it; SIGTERM must end in status 0. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Every agent that was started and not stopped, with its state directory. */
const running = new Map<ChildProcess, string>();

/** Ends the agents that failed tests have left behind, and removes what they kept. */
export async function endAgents(): Promise<void> {
  for (const [child, stateDir] of running) {
    const gone = new Promise((resolve) => child.once('close', resolve));
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
    rmSync(stateDir, { recursive: true, force: true });
  }
  running.clear();
}

export interface AgentOptions {
  /** Kept from an earlier run; otherwise a new one. */
  readonly stateDir?: string;
  /** A command that runs the agent, such as setpriv. */
  readonly wrapper?: readonly string[];
  /** The built program; the one in dist/ unless given. */
  readonly program?: string;
}

/** Starts `why137 agent` on a free port; resolves when it serves. */
export async function startAgent(args: readonly string[], options: AgentOptions = {}): Promise<TestAgent> {
  const { stateDir = mkdtempSync(join(tmpdir(), 'w137-state-')), wrapper = [], program = BUNDLE } = options;
  const [command = '', ...rest] = [...wrapper, process.execPath, program, 'agent', '--listen', '127.0.0.1:0', '--state-dir', stateDir, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.set(child, stateDir);
  let printed = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const logs = (): LogLine[] =>
    printed
      .split('\n')
      .slice(0, -1)
      .map((line) => logLineSchema.parse(JSON.parse(line)));
  const urlOf = (): string | undefined => /"url":"([^"]+)"/.exec(printed)?.[1];
  await sayUntil(`the agent serves (${args.join(' ')})`, () => {
    if (child.exitCode !== null) throw new Error(`the agent ended: ${complaint}${printed}`);
    return urlOf() !== undefined;
  });
  const url = urlOf() ?? '';

  async function get(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      httpGet(`${url}${path}`, { agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body });
        });
      }).on('error', reject);
    });
  }
  async function asked<S extends z.ZodMiniType>(schema: S, path: string): Promise<z.infer<S>> {
    return schema.parse(JSON.parse((await get(path)).body));
  }
  const verdicts = async (): Promise<readonly Verdict[]> => (await asked(verdictPageSchema, '/v1/exits?limit=1000')).items;
  const oomKills = async (): Promise<readonly OomKill[]> => (await asked(oomKillPageSchema, '/v1/oom-kills?limit=1000')).items;
  const sources = (): Promise<Sources> => asked(sourcesSchema, '/v1/sources');

  return {
    url,
    stateDir,
    pid: child.pid ?? -1,
    get,
    verdicts,
    oomKills,
    sources,
    logs,
    printed: () => printed,
    async verdictOf(containerId, fits = () => true) {
      let found: Verdict | undefined;
      let seen: readonly Verdict[] = [];
      await sayUntil(`a verdict on ${containerId}`, async () => {
        seen = (await verdicts()).filter(({ container }) => container.containerId === containerId);
        found = seen.find(fits);
        return found !== undefined;
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}; there is ${JSON.stringify(seen)}`);
      });
      if (!found) throw new Error('unreachable');
      return found;
    },
    async killIn(containerId, fits = () => true) {
      let found: OomKill | undefined;
      await sayUntil(`an OOM kill in ${containerId}`, async () => {
        found = (await oomKills()).find((kill) => kill.containerId === containerId && fits(kill));
        return found !== undefined;
      });
      if (!found) throw new Error('unreachable');
      return found;
    },
    async sourceIsUp(name) {
      await sayUntil(`${name} is up and caught up`, async () => {
        const one = (await sources()).sources.find((source) => source.name === name);
        return one?.up === true && (one.kind === 'ledger' || one.kind === 'cgroups' || one.coverage.length > 0);
        // A machine whose journal holds thousands of kills is read back for half a minute.
      }, 90_000);
    },
    async noted(id) {
      await sayUntil(`${id} is noted as said`, () => new RegExp(`"kind":"said".*"${id}[@"]`).test(readFileSync(join(stateDir, 'state.log'), 'utf8')));
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const status = await ended;
      if (signal === 'SIGTERM') running.delete(child);
      if (signal === 'SIGTERM' && status !== 0) throw new Error(`the agent ended with ${String(status)}: ${complaint}`);
      if (signal === 'SIGTERM') rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
