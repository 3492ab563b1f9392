import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processCgroups } from '../../src/host/process-cgroups.ts';
import { systemHost } from '../../src/host/system-host.ts';
import { SECOND } from '../../src/lib/time.ts';
import { fakeHost, type FakeHost } from './fake-host.ts';

/** As proc(5) says, with the name that a process chose. */
const stat = (pid: number, comm: string, flags: number, startTicks: number): string => `${String(pid)} (${comm}) S 1 0 0 0 -1 ${String(flags)} ${'0 '.repeat(12)}${String(startTicks)} 0 0\n`;

describe('of a fake node that is up for 1000 s', () => {
  let root: string;
  let host: FakeHost;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-proc-'));
    host = fakeHost(root, () => ({}));
    put('uptime', '1000.00 1800.00\n');
    put('2/stat', stat(2, 'kthreadd', 0x20_8040, 0));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });
  function put(path: string, text: string): void {
    const file = join(root, 'proc', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  function sender(cgroup: string, startTicks = 90_000): void {
    put('77/stat', stat(77, 'a) R 9 (b', 0x40_0100, startTicks));
    put('77/cgroup', cgroup);
  }
  const ask = (secondsAgo = 1): string | null => processCgroups(host)(77, host.clock.now() - secondsAgo * SECOND);

  it.each([
    ['cgroup v2', '0::/system.slice/cron.service\n', '/system.slice/cron.service'],
    ['as seen from a cgroup namespace', '0::/../../../user.slice/user-1000.slice/session-3.scope\n', '/user.slice/user-1000.slice/session-3.scope'],
    ['around this one', '0::/../..\n', '/'],
    ['cgroup v1, where some hierarchies are not used', '9:rdma:/\n5:memory:/kubepods/pod1/abc\n1:name=systemd:/kubepods/pod1/abc\n0::/\n', '/kubepods/pod1/abc'],
    ['in the root', '0::/\n', '/'],
    ['nothing', '', null],
  ])('%s', (_, text, path) => {
    sender(text);
    expect(ask()).toBe(path);
  });

  it('not of a process that started since: the pid is used again', () => {
    sender('0::/a\n', 99_950);
    expect(ask(1)).toBeNull();
    expect(ask(0.4)).toBe('/a');
  });

  it('nothing of a process that is gone', () => {
    expect(ask()).toBeNull();
  });

  it('nothing from a /proc of a container, whatever its second process calls itself', () => {
    put('2/stat', stat(2, 'kthreadd', 0x40_0100, 0));
    sender('0::/a\n');
    expect(ask()).toBeNull();
  });

  it('nothing where no /proc of the node is mounted', () => {
    rmSync(join(root, 'proc'), { recursive: true });
    expect(ask()).toBeNull();
  });
});

describe('of this machine', () => {
  const isNodes = ((): boolean => {
    try {
      return (Number(readFileSync('/proc/2/stat', 'latin1').split(') ')[1]?.split(' ')[6]) & 0x20_0000) !== 0;
    } catch {
      return false;
    }
  })();

  it.skipIf(!isNodes)(`this process’s own${isNodes ? '' : ' (skipped: /proc is a container’s)'}`, () => {
    const host = systemHost('/');
    const cgroupOf = processCgroups(host);
    const own = cgroupOf(process.pid, host.clock.now());
    expect(readFileSync('/proc/self/cgroup', 'latin1')).toContain(`:${own ?? 'none'}\n`);
    expect(cgroupOf(process.pid, host.clock.now() - 86_400 * SECOND * 365)).toBeNull();
  });
});
