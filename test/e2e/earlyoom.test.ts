import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatTime, MS } from '../../src/lib/time.ts';
import { replayed, type JournalLine } from '../causes/support/recorded.ts';

const EARLYOOM = ['/usr/bin/earlyoom', '/bin/earlyoom'].find((path) => existsSync(path));
const missing = process.getuid?.() !== 0 ? 'a pid namespace of its own needs root' : EARLYOOM === undefined ? 'earlyoom is not installed' : null;
if (missing !== null) console.log(`skipped: ${missing}`);

interface Ran {
  readonly lines: readonly JournalLine[];
  readonly pid: number;
  readonly status: number;
  readonly startedUs: number;
  readonly endedUs: number;
}

/**
 * Runs the real earlyoom in a pid namespace where it sees nobody but a sleep (and the shell, which is its PID 1), with
 * limits that this machine is below.
 */
function run(limits: string): Promise<Ran> {
  const script = `sleep 1000 & victim=$!; echo "victim $victim"; ${EARLYOOM ?? ''} -r 1 -m ${limits} --avoid '^(sh|earlyoom)$' & wait $victim; echo "status $?"`;
  const startedUs = Date.now() * MS;
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', `exec 2>&1; ${script}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: JournalLine[] = [];
  let [rest, pid, status, endedUs] = ['', 0, 0, 0];
  child.stdout.on('data', (chunk: Buffer) => {
    const [last = '', ...whole] = (rest + chunk.toString()).split('\n').reverse();
    rest = last;
    for (const text of whole.reverse()) {
      const told = /^(victim|status) (\d+)$/.exec(text);
      if (told?.[1] === 'victim') pid = Number(told[2]);
      else if (told) [status, endedUs] = [Number(told[2]), Date.now() * MS];
      else lines.push({ atUs: Date.now() * MS, text });
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      resolve({ lines, pid, status, startedUs, endedUs });
    });
  });
}

/** As journald would have it of its unit. */
const UNIT = { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'earlyoom.service', _SYSTEMD_CGROUP: '/system.slice/earlyoom.service', _COMM: 'earlyoom', SYSLOG_IDENTIFIER: 'earlyoom' };

describe.skipIf(missing !== null)('the real earlyoom', () => {
  it.each([
    ['asks first', '99,1', 143, 'SIGTERM'],
    ['kills where memory is lower', '99,98', 137, 'SIGKILL'],
  ] as const)('%s', async (_, limits, status, signal) => {
    const ran = await run(limits);
    console.log(ran.lines.map(({ text }) => text).join('\n'));
    expect(ran.status).toBe(status);
    const exit = { exitCode: status, initPid: ran.pid, startedAt: formatTime(ran.startedUs), finishedAt: formatTime(ran.endedUs) };
    const [verdict, ...more] = replayed({ units: [{ fields: UNIT, lines: ran.lines }], exits: [exit] });
    expect(more).toEqual([]);
    expect(verdict).toMatchObject({ cause: 'userspace-oom', family: 'userspace-oom', confidence: 'certain', victimRole: 'pid1' });
    expect(verdict?.summary).toContain('earlyoom');
    expect(verdict?.summary).toContain('memory is low: at or below mem');
    expect(verdict?.evidence.find(({ kind }) => kind === 'earlyoom')).toMatchObject({ weight: 'decisive', text: expect.stringContaining(`earlyoom sent ${signal} (sleep, pid ${String(ran.pid)}`) as unknown });
    // The same lines tell nothing of a container beside it.
    const [other] = replayed({ units: [{ fields: UNIT, lines: ran.lines }], exits: [{ ...exit, initPid: ran.pid + 1_000 }] });
    expect(other?.cause).toBe(status === 137 ? 'not-oom' : 'unknown');
  });
});
