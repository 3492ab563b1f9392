import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTime } from '../../src/lib/time.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { replayed } from '../causes/support/recorded.ts';
import { runKiller, type Ran } from './support/killer.ts';

const EARLYOOM = ['/usr/bin/earlyoom', '/bin/earlyoom'].find((path) => existsSync(path));
const NOHANG = ['/usr/sbin/nohang', '/usr/bin/nohang'].find((path) => existsSync(path));

/** Why one cannot be run here; null: it can. Printed where its tests skip. */
function whyNot(name: string, path: string | undefined): string | null {
  const why = process.getuid?.() !== 0 ? 'a pid namespace of its own needs root' : path === undefined ? `${name} is not installed` : null;
  if (why !== null) console.log(`skipped: ${why}`);
  return why;
}

/** As journald would have it of its unit. */
const unitOf = (name: string): Record<string, string> => ({ _TRANSPORT: 'stdout', _SYSTEMD_UNIT: `${name}.service`, _SYSTEMD_CGROUP: `/system.slice/${name}.service`, _COMM: name, SYSLOG_IDENTIFIER: name });

/** The verdict on the victim's end, and on that of a container beside it. */
function judged(name: string, { lines, pid, status, startedUs, endedUs }: Ran): readonly [Verdict | undefined, Verdict | undefined] {
  console.log(lines.map(({ text }) => text).join('\n'));
  const units = [{ fields: unitOf(name), lines }];
  const exit = { exitCode: status, initPid: pid, startedAt: formatTime(startedUs), finishedAt: formatTime(endedUs) };
  const [verdict, ...more] = replayed({ units, exits: [exit] });
  expect(more).toEqual([]);
  return [verdict, replayed({ units, exits: [{ ...exit, initPid: pid + 1_000 }] })[0]];
}

const ASKED = [
  ['asks first', 143, 'SIGTERM'],
  ['kills where memory is lower', 137, 'SIGKILL'],
] as const;

describe.skipIf(whyNot('earlyoom', EARLYOOM) !== null)('the real earlyoom', () => {
  it.each(ASKED)('%s', async (_, status, signal) => {
    // Limits that this machine is below.
    const ran = await runKiller({ killer: `${EARLYOOM ?? ''} -r 1 -m ${status === 137 ? '99,98' : '99,1'} --avoid '^(sh|earlyoom)$'` });
    expect(ran.status).toBe(status);
    const [verdict, beside] = judged('earlyoom', ran);
    expect(verdict).toMatchObject({ cause: 'userspace-oom', family: 'userspace-oom', confidence: 'certain', victimRole: 'pid1' });
    expect(verdict?.summary).toContain('earlyoom');
    expect(verdict?.summary).toContain('memory is low: at or below mem');
    expect(verdict?.evidence.find(({ kind }) => kind === 'earlyoom')).toMatchObject({ weight: 'decisive', text: expect.stringContaining(`earlyoom sent ${signal} (sleep, pid ${String(ran.pid)}`) as unknown });
    expect(beside?.cause).toBe(status === 137 ? 'not-oom' : 'unknown');
  });
});

describe.skipIf(whyNot('nohang', NOHANG) !== null)('the real nohang', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-nohang-'));
    // It takes no threshold above half of the memory: it is shown a machine that has little.
    const meminfo = readFileSync('/proc/meminfo', 'utf8').replace(/^MemAvailable:.*$/m, 'MemAvailable:      100000 kB').replace(/^(Swap(?:Free|Total)):.*$/gm, '$1: 0 kB');
    writeFileSync(join(dir, 'meminfo'), meminfo);
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  it.each(ASKED)('%s', async (_, status, signal) => {
    const config = join(dir, 'nohang.conf');
    const hard = status === 137 ? '40 %' : '0.01 %';
    writeFileSync(config, readFileSync('/etc/nohang/nohang.conf', 'utf8').replace(/^soft_threshold_min_mem *=.*$/m, 'soft_threshold_min_mem = 50 %').replace(/^hard_threshold_min_mem *=.*$/m, `hard_threshold_min_mem = ${hard}`));
    const ran = await runKiller({ before: `mount --bind ${dir}/meminfo /proc/meminfo; echo 900 > /proc/$victim/oom_score_adj`, killer: `${NOHANG ?? ''} --monitor --config ${config}` });
    expect(ran.status).toBe(status);
    const [verdict, beside] = judged('nohang', ran);
    // It prints whatever a process calls itself.
    expect(verdict).toMatchObject({ cause: 'userspace-oom', family: 'userspace-oom', confidence: 'likely', victimRole: 'pid1' });
    expect(verdict?.summary).toContain('nohang');
    expect(verdict?.summary).toMatch(/MemAvailable \[9[78] MiB, .*SwapFree \[0 MiB/);
    expect(verdict?.evidence.find(({ kind }) => kind === 'nohang')).toMatchObject({ text: expect.stringContaining(`nohang sent ${signal} (sleep, pid ${String(ran.pid)}`) as unknown });
    expect(beside?.cause).toBe(status === 137 ? 'not-oom' : 'unknown');
  });
});
