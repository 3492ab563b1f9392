import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const PROGRAM = 'dist/why137.cjs';
const missing = ['/usr/bin/time', '/usr/bin/grep', PROGRAM].filter((path) => !existsSync(path));
if (missing.length > 0) console.log(`the smoke test of bench/ is skipped: missing ${missing.join(', ')} (package time, npm run build)`);

const run = (...args: string[]) =>
  execa(process.execPath, ['bench/run.js', ...args, '--quick'], { reject: false, env: { BENCH_SYSLOG_BYTES: '600000', BENCH_LINES_PER_KILL: '600' } });

describe('npm run bench', () => {
  it.skipIf(missing.length > 0)('measures parse against grep on a log of its own, and finds every kill in it', async () => {
    const { stdout, exitCode } = await run('parse', '--program', PROGRAM);
    expect(exitCode).toBe(0);
    const [machine = '', head = ''] = stdout.split('\n');
    expect(machine).toMatch(/^\d+ cores .*Node v/);
    expect(head).toMatch(/^what +why137 +reference +its figure +ratio +allowed/);
    expect(stdout).toMatch(/CPU +[\d.]+ s +grep -c -F 'Killed process'/);
    expect(stdout).toMatch(/missed, or that are none +0 +what was written +[1-9].* ok/);
  });

  it('names the cases when asked for one that is not there', async () => {
    const { stderr, exitCode } = await run('nonsense');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('parse, journal, memory, latency, cpu');
  });
});
