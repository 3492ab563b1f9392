import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../src/commands/demo.ts';
import { noKubectl, render } from './deploy/support/kubectl.ts';
import { without } from './deploy/support/tools.ts';
import { startCluster } from './kubectl/cluster.ts';
import { inside } from './kubectl/kubectls.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Every command that the README shows: the lines of its `sh` blocks. */
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => (block ?? '').trim().split('\n'));

const noJq = without('jq', 'jq');
const shownLine = (): string => /```json\n(.*)\n```/.exec(readme)?.[1] ?? '';

const stop = new AbortController();
let url = '';
let ended: Promise<void> = Promise.resolve();

beforeAll(async () => {
  url = await new Promise<string>((resolve, reject) => {
    const recording = join(root, 'demo/recording');
    ended = demo({
      recording,
      listen: { host: '127.0.0.1', port: 0 },
      color: false,
      width: 100,
      version: 'test',
      until: stop.signal,
      out: (text) => {
        const found = /The agent serves (\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      },
    });
    ended.catch(reject);
  });
});

afterAll(async () => {
  stop.abort();
  await ended;
});

/** How each kind of command is run here; the first that fits. Gives what it printed. */
const runners: readonly { readonly fits: RegExp; readonly run: (command: string) => Promise<string> }[] = [
  // `npm ci` is what brought this test here.
  { fits: /^npm ci && npm run demo$/, run: async () => (await run('npm', ['run', '--silent', 'demo'], { cwd: root })).stdout },
  { fits: /^npm ci && npm test$/, run: () => Promise.resolve(scripts()['test'] ?? '') },
  { fits: /^npm start$/, run: npmStart },
  { fits: /^kubectl -n why137 exec ds\/why137 -- node \/app\/why137\.cjs /, run: kubectlExec },
  // The answers of all agents, which here are the one that the README shows.
  { fits: /^kubectl -n why137 logs .* \| jq /, run: (command) => run('bash', ['-c', `printf '%s\n' "$1" | ${noJq === null ? command.slice(command.indexOf('jq ')) : 'cat'}`, 'bash', shownLine()]).then(({ stdout }) => stdout) },
  { fits: /^kubectl apply -k /, run: (command) => Promise.resolve(noKubectl ?? JSON.stringify(render((command.split(' ').at(-1) ?? '').replace(/^deploy\//, '')))) },
  { fits: /^kubectl apply -f /, run: (command) => Promise.resolve(readFileSync(join(root, command.split(' ').at(-1) ?? ''), 'utf8')) },
  // Its stages, from the same files, in test/e2e/image.test.ts; the whole by the lab, where there is a base to begin with.
  { fits: /^docker build -t why137:0\.1\.0 \.$/, run: () => Promise.resolve(readFileSync(join(root, 'Dockerfile'), 'utf8')) },
  { fits: /^curl /, run: async (command) => (await run('curl', ['-fsS', (/http\S+[^'\s]/.exec(command)?.[0] ?? '').replace('http://127.0.0.1:9137', url)])).stdout },
  { fits: /^kubectl why137 /, run: kubectlWhy137 },
  { fits: /^why137 explain /, run: (command) => why137([...command.split(' ').slice(1), '--agent-url', url]) },
  { fits: /^why137 doctor$/, run: () => why137(['doctor', '--runtime-endpoint', 'none', '--journal', 'off'], 4) },
  { fits: /^why137 /, run: (command) => why137(command.split(' ').slice(1)) },
];

function scripts(): Record<string, string> {
  const found: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const inner = typeof found === 'object' && found !== null && 'scripts' in found ? found.scripts : null;
  return typeof inner === 'object' && inner !== null ? Object.fromEntries(Object.entries(inner).map(([key, value]) => [key, String(value)])) : {};
}

/** The command that it runs in the pod, which is the one of daemonset.yaml, with what is there on a node left out. */
function kubectlExec(command: string): Promise<string> {
  expect(readFileSync(join(root, 'daemonset.yaml'), 'utf8')).toMatch(/command: \[node, .*\/app\/why137\.cjs\]/);
  const [, args = ''] = command.split('/app/why137.cjs ');
  return args === 'doctor' ? why137(['doctor', '--runtime-endpoint', 'none', '--journal', 'off'], 4) : why137([...args.split(' '), '--agent-url', url]);
}

async function why137(args: readonly string[], status = 0): Promise<string> {
  const ending = await run(process.execPath, ['dist/why137.cjs', ...args], { cwd: root, maxBuffer: 1 << 26 }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && 'stdout' in error) return { code: Number(error.code), stdout: String(error.stdout) };
      throw error;
    },
  );
  expect(ending.code).toBe(status);
  return ending.stdout;
}

/** The plugin, for a cluster whose one agent is the demo's. */
async function kubectlWhy137(command: string): Promise<string> {
  const cluster = await startCluster({ agents: [{ node: 'node1', url }] });
  const { code, stdout } = await inside(cluster, command.split(' ').slice(2));
  await cluster.close();
  expect(code).toBe(0);
  return stdout;
}

/** Starts it as told, but on a free port and with a directory of its own; ends it once it serves. */
async function npmStart(): Promise<string> {
  const state = mkdtempSync(join(tmpdir(), 'why137-readme-'));
  const env = { ...process.env, WHY137_LISTEN: '127.0.0.1:0', WHY137_STATE_DIR: state, WHY137_RUNTIME_ENDPOINT: 'none', WHY137_JOURNAL: 'off' };
  const child = spawn('npm', ['start', '--silent'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const printed = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('agent.ready')) resolve(text);
    });
    child.on('exit', () => {
      reject(new Error(`npm start ended: ${text}`));
    });
  });
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.on('exit', resolve));
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  await gone;
  rmSync(state, { recursive: true, force: true });
  return printed;
}

describe('every command of the README', () => {
  it('is known here', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((command) => !runners.some(({ fits }) => fits.test(command)))).toEqual([]);
  });

  it.each(commands)(
    '%s',
    async (command) => {
      const runner = runners.find(({ fits }) => fits.test(command));
      expect(await runner?.run(command)).toMatch(/\S/);
    },
    60_000,
  );
});

it('shows the table that the demo prints', async () => {
  const shown = (/```text\n(Container[\s\S]*?)```/.exec(readme)?.[1] ?? '').split('\n').filter((line) => line !== '');
  const printed = (await why137(['demo'])).split('\n');
  expect(shown.filter((line) => !printed.includes(line))).toEqual([]);
});
