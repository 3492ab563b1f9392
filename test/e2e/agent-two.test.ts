import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { endAgents, startAgent } from './support/real-agent.ts';
import { sayUntil } from './support/until.ts';

const BUNDLE = join(import.meta.dirname, '../../dist/why137.cjs');
const ARGS = ['--runtime-endpoint', 'none', '--journal', 'off', '--kernel-log-file', 'none', '--kmsg', 'off'];
const ROOT = process.getuid?.() === 0;
/** A pid and a network namespace of its own, as a new pod has them; it dies with the command that made it. */
const ANOTHER_POD = ['unshare', '--pid', '--net', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh'];

/** Who the second one is, and by which command it is begun. */
const SECONDS: [string, readonly string[]][] = [['of the same node', []], ...(ROOT ? [['of another pod', ANOTHER_POD] satisfies [string, readonly string[]]] : [])];

const ended: (() => void)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) end();
  await endAgents();
});

function another(stateDir: string, wrapper: readonly string[] = []) {
  const [command = '', ...args] = [...wrapper, process.execPath, BUNDLE, 'agent', '--listen', '127.0.0.1:0', '--state-dir', stateDir, ...ARGS];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  ended.push(() => child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, status, serves: () => said.out.includes('"agent.ready"') };
}

it.each(SECONDS)('a second agent %s on one state directory ends with one sentence, and does no harm', async (_, wrapper) => {
  const first = await startAgent(ARGS);
  const begun = Date.now();
  const second = another(first.stateDir, wrapper);
  expect(await second.status).toBe(1);
  expect(second.said.err.trim()).toMatch(/^why137: Another agent has \S+, and did not end within 15 s: .*\(W137_STATE_IN_USE\)$/);
  expect(second.said.out).toContain('waiting for it to end');
  expect(second.serves()).toBe(false);
  expect(Date.now() - begun).toBeGreaterThan(14_000);
  expect((await first.get('/healthz')).status).toBe(200);
  expect((await first.sources()).state).toMatchObject({ up: true });
  await first.stop();
}, 120_000);

it('one that comes while another is told to end waits for it, as in a rolling update', async () => {
  const first = await startAgent(ARGS);
  const second = another(first.stateDir);
  await sayUntil('it waits', () => second.said.out.includes('waiting for it to end'));
  await first.stop('SIGINT');
  await sayUntil('it serves', second.serves);
  expect(readdirSync(first.stateDir).filter((name) => name.endsWith('.sock'))).toHaveLength(1);
  second.child.kill('SIGTERM');
  expect(await second.status).toBe(0);
  expect(readdirSync(first.stateDir)).toEqual(['state.log']);
}, 120_000);

it('one that waits ends at once when it is told to', async () => {
  const first = await startAgent(ARGS);
  const second = another(first.stateDir);
  await sayUntil('it waits', () => second.said.out.includes('waiting for it to end'));
  const begun = Date.now();
  second.child.kill('SIGTERM');
  expect(await second.status).toBe(0);
  expect(Date.now() - begun).toBeLessThan(5_000);
  await first.stop();
}, 120_000);

it.each(SECONDS)('after kill -9 the next one, %s, need not wait', async (_, wrapper) => {
  const first = await startAgent(ARGS);
  await first.stop('SIGKILL');
  const second = another(first.stateDir, wrapper);
  await sayUntil('it serves', second.serves);
  expect(second.said.out).not.toContain('waiting for it to end');
  second.child.kill('SIGKILL');
  await second.status;
}, 120_000);
