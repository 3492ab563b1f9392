import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endAgents, startAgent } from './support/real-agent.ts';
import { MIB } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const REMOTE = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'].find((path) => existsSync(path));
if (REMOTE === undefined) console.log('skipped: systemd-journal-remote is not installed');

const HUGE = 100 * MIB;
const ID = 'ab'.repeat(32);
const KERNEL = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _HOSTNAME: 'node1' };
const REPORT = [
  'dd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${ID},mems_allowed=0,oom_memcg=/k8s.io/${ID},task_memcg=/k8s.io/${ID},task=dd,pid=4242,uid=0`,
  'Memory cgroup out of memory: Killed process 4242 (dd) total-vm:50000kB, anon-rss:30000kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:132kB oom_score_adj:0',
];

describe.skipIf(REMOTE === undefined)('a journal with huge fields, one of 100 MB', () => {
  const dir = mkdtempSync(join(tmpdir(), 'w137-huge-'));
  afterAll(async () => {
    await endAgents();
    rmSync(dir, { recursive: true, force: true });
  });

  it('hides no kill, and is not taken into memory', async () => {
    const journal = join(dir, 'journal');
    mkdirSync(journal);
    const from = join(dir, 'export');
    writeExport(from, [
      [{ ...KERNEL }, 'Linux version 6.12'],
      [{ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'kernel' }, 'Killed process 1 (a) ', 8 * MIB],
      [{ _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'kubelet.service' }, 'Killing container ', 8 * MIB],
      [{ ...KERNEL }, 'invoked oom-killer ', HUGE],
      ...REPORT.map((text): Entry => [{ ...KERNEL }, text]),
    ]);
    execFileSync(REMOTE ?? '', ['-o', join(journal, 'x.journal'), from], { stdio: 'ignore' });
    const agent = await startAgent(['--journal-dir', journal, '--kmsg', 'off', '--kernel-log-file', 'none', '--runtime-endpoint', 'none', '--lookback', '3650d']);
    // journalctl searches every byte, several times.
    await sayUntil('both readings are done', async () => (await agent.sources()).sources.filter(({ name, up }) => up && (name === 'journal' || name === 'units')).length === 2, 300_000);
    expect(await agent.killIn(ID)).toMatchObject({ victim: { pid: 4242, comm: 'dd' } });
    const journals = (await agent.sources()).sources.filter(({ name }) => name === 'journal' || name === 'units');
    for (const { dropped } of journals) expect(Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    const peakKb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(agent.pid)}/status`, 'utf8'))?.[1]);
    console.log(`a field of 100 MB: at most ${(peakKb / 1_024).toFixed(0)} MiB resident`);
    expect(peakKb * 1_024).toBeLessThan(HUGE * 1.5);
    await agent.stop();
  }, 360_000);
});

type Entry = readonly [fields: Readonly<Record<string, string>>, message: string, padding?: number];

/** journald's export format: fields of bytes have their length before them. */
function writeExport(file: string, entries: readonly Entry[]): void {
  const fd = openSync(file, 'w');
  for (const [at, [fields, message, padding = 0]] of entries.entries()) {
    const stamps = { __REALTIME_TIMESTAMP: String(1_795_455_805_000_000 + at * 1_000), __MONOTONIC_TIMESTAMP: String(1_000_000 + at * 1_000), _BOOT_ID: '0123456789abcdef'.repeat(2) };
    const head = Object.entries({ ...stamps, ...fields }).map(([name, value]) => `${name}=${value}\n`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(message.length + padding));
    writeSync(fd, `${head.join('')}MESSAGE\n`);
    writeSync(fd, length);
    writeSync(fd, message);
    writeSync(fd, Buffer.alloc(padding, 'x'));
    writeSync(fd, '\n\n');
  }
  closeSync(fd);
}
