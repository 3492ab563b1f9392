import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStdout } from '../../../src/outputs/log/destination.ts';

const dir = mkdtempSync(join(tmpdir(), 'why137-log-'));
const program = join(dir, 'program.cjs');
/** Writes argv[2] lines at once, says how the loop fares on stderr, and ends as the agent would. */
const SOURCE = `
  import { openStdout } from './src/outputs/log/destination.ts';
  const out = openStdout();
  for (let n = 0; n < Number(process.argv[2]); n += 1) out.write(JSON.stringify({ n, pad: 'x'.repeat(200) }) + '\\n');
  setTimeout(() => {
    process.stderr.write('alive ' + (out.dropped?.() ?? 0) + '\\n');
    void out.flushed?.(Number(process.argv[3])).then((isOut) => {
      process.stderr.write('flushed ' + String(isOut) + ', pending ' + String(out.pending?.()) + '\\n');
      process.exit(0);
    });
  }, 10);
`;

beforeAll(async () => {
  await build({ stdin: { contents: SOURCE, resolveDir: '.', loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', outfile: program });
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

it('neither stops the program nor its end when nobody reads, and counts what is lost', async () => {
  // A real pipe: Node's own 'pipe' is a socket. `sleep` holds its other end and never reads.
  const script = '{ "$0" "$1" 20000 50; echo "ended $?" >&2; } | sleep 60';
  const shell = spawn('sh', ['-c', script, process.execPath, program], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  for await (const chunk of shell.stderr) {
    said += String(chunk);
    if (said.includes('ended')) break;
  }
  if (shell.pid !== undefined) process.kill(-shell.pid);
  expect(said).toContain('ended 0');
  expect(Number(/alive (\d+)/.exec(said)?.[1])).toBeGreaterThan(1_000);
});

it('ends though standard output is a socket that nobody reads', async () => {
  // Node's own 'pipe' is a socket, and is not read before somebody asks for it.
  const child = spawn(process.execPath, [program, '20000', '50'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const end: unknown[] = await once(child, 'exit');
  clearTimeout(late);
  expect(end).toEqual([0, null]);
  expect(Number(/alive (\d+)/.exec(said)?.[1])).toBeGreaterThan(1_000);
});

it('tells what is not written yet, and whether it came to be', async () => {
  const child = spawn(process.execPath, [program, '100', '10000'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.resume();
  await closed;
  expect(said).toContain('flushed true, pending 0');
  const unread = spawn(process.execPath, [program, '3000', '100'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for await (const chunk of unread.stderr) {
    said += String(chunk);
    if (said.includes('flushed false')) break;
  }
  unread.kill('SIGKILL');
  const pending = Number(/flushed false, pending (\d+)/.exec(said)?.[1]);
  expect(pending).toBeGreaterThan(1_000);
  expect(pending).toBeLessThan(3_000);
});

it('writes everything, in order, to a reader that reads', async () => {
  const child = spawn(process.execPath, [program, '3000', '10000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const numbers = text.trimEnd().split('\n').map((line) => /"n":(\d+)/.exec(line)?.[1]);
  expect(numbers).toEqual(Array.from({ length: 3_000 }, (_, n) => String(n)));
});

it('writes to a file', async () => {
  const file = join(dir, 'out.log');
  const fd = openSync(file, 'a');
  const out = openStdout(fd);
  out.write('one\n');
  out.write('two\n');
  await out.flushed?.(5_000);
  closeSync(fd);
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

it('goes on when the destination is gone', async () => {
  const fd = openSync(join(dir, 'closed.log'), 'a');
  closeSync(fd);
  const out = openStdout(openSync('/dev/full', 'w'));
  out.write('lost\n');
  await out.flushed?.(5_000);
  expect(out.dropped?.()).toBe(1);
});
