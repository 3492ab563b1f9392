import { describe, expect, it } from 'vitest';
import { ago, audited, CGROUP, FINISHED, ID, kernel, kubelet, service, stopping } from './support/lines.ts';
import { replayed, type Exit, type Recorded, type Unit } from './support/recorded.ts';

const POD_SLICE = CGROUP.slice(0, CGROUP.lastIndexOf('/'));
const OOMD = service('systemd-oomd', { _TRANSPORT: 'journal' });
const said = (fields: Unit['fields'], seconds: number, ...lines: readonly string[]): Unit => ({ fields, lines: lines.map((text, index) => ({ atUs: ago(seconds) + index * 10, text })) });
const judged = (told: Omit<Recorded, 'exits'>, exit: Partial<Exit> = {}) => replayed({ ...told, exits: [{ ...FINISHED, cgroup: CGROUP, ...exit }] }).map(({ cause, confidence, summary }) => [cause, confidence, summary]);
const NONE = [['not-oom', 'likely', expect.any(String) as unknown]];

const EARLYOOM = service('earlyoom');
const LOW = ['mem avail:   554 of  7721 MiB ( 7.18%), swap free:  742 of 7720 MiB ( 9.62%)', 'low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%'];
const sending = (signal: string, pid = 4_100, name = 'java'): string => `sending ${signal} to process ${String(pid)} uid 1000 "${name}": badness 853, VmRSS 512 MiB`;
const NOHANG = ['Memory status that requires corrective actions:', '  MemAvailable [23 MiB, 1.0 %] <= hard_threshold_min_mem [40 MiB, 2.0 %]', 'Victim status (found in 2ms):', '  PID:       4100, name: java, state: S (sleeping), EUID: 0', '  Vm, MiB:   Size: 900, RSS: 512.0 (Anon: 500, File: 12, Shmem: 0), Swap: 0', 'Implementing a corrective action:', '  Sending SIGKILL to the victim'];
const FB_OOMD = `50.85 49.35 30.53 ${CGROUP.slice(1)} 6905962496 ruleset:[low swap] detectorgroup:[free swap] killer:kill_by_swap_usage v2`;

describe('userspace OOM killers, from the record to the verdict', () => {
  it.each([
    ['systemd-oomd 257, the container', { units: [said(OOMD, 0.2, `Killed ${CGROUP} due to memory pressure for ${POD_SLICE} being 57.97% > 50.00% for > 20s with reclaim activity`)] }, 'certain', 'killed by systemd-oomd, with its whole cgroup: memory pressure'],
    ['systemd-oomd 259, the pod', { units: [said(OOMD, 0.2, `Marked ${POD_SLICE} for killing due to memory used (30112395264) / total (33382576128) and swap used (21352448000) / total (21352669184) being more than 90.00%`)] }, 'certain', 'killed by systemd-oomd, with its whole cgroup: memory used'],
    ['systemd, of what systemd-oomd did', { units: [said({ _TRANSPORT: 'journal', _SYSTEMD_UNIT: 'init.scope', _SYSTEMD_CGROUP: '/init.scope', _COMM: 'systemd', _PID: '1' }, -0.1, `cri-containerd-${ID}.scope: systemd-oomd killed 3 process(es) in this unit.`)] }, 'certain', 'killed by systemd-oomd, with its whole cgroup'],
    ['earlyoom', { units: [said(EARLYOOM, 0.2, ...LOW, sending('SIGKILL'))] }, 'certain', 'killed by earlyoom: memory is low: at or below mem 10.00%, swap 10.00%'],
    ['earlyoom, that asked first', { units: [said(EARLYOOM, 3, ...LOW, sending('SIGTERM')), said(EARLYOOM, 0.1, 'escalating to SIGKILL after 2.8 seconds')] }, 'certain', 'killed by earlyoom'],
    ['nohang', { units: [said(service('nohang', { _COMM: 'python3' }), 0.2, ...NOHANG)] }, 'likely', 'killed by nohang: MemAvailable [23 MiB, 1.0 %] <= hard_threshold'],
    ['oomd, its own log', { units: [said(service('oomd'), 0.2, `[../src/oomd/Log.cpp:114] ${FB_OOMD}`)] }, 'certain', 'killed by oomd, with its whole cgroup: ruleset [low swap]'],
    ['by audit’s word', { audit: audited(0.1, { exe: '/usr/bin/earlyoom', comm: 'earlyoom' }) }, 'likely', 'killed by earlyoom (9027, /usr/bin/earlyoom, uid 0), a userspace OOM killer, by the word of audit'],
  ])('%s', (_, told, confidence, summary) => {
    expect(judged(told)).toEqual([['userspace-oom', confidence, expect.stringContaining(summary) as unknown]]);
  });

  it('oomd to /dev/kmsg, where anybody may write who is root: likely', () => {
    const told = { kernel: [], units: [] };
    const record = said({ _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', SYSLOG_IDENTIFIER: 'oomd' }, 0.2, `oomd kill: ${FB_OOMD}`);
    // A kernel record is read by the source of the kernel's log.
    expect(judged({ ...told, units: [record] })).toEqual(NONE);
    expect(replayed({ kernelRecords: [record], exits: [{ ...FINISHED, cgroup: CGROUP }] })).toMatchObject([{ cause: 'userspace-oom', confidence: 'likely' }]);
  });

  it.each([
    ['systemd-oomd killed another pod', { units: [said(OOMD, 0.2, `Killed ${POD_SLICE.replaceAll('7', '8')} due to memory pressure for / being 57.97% > 50.00% for > 20s with reclaim activity`)] }],
    ['systemd-oomd killed a cgroup inside of it', { units: [said(OOMD, 0.2, `Killed ${CGROUP}/worker due to memory pressure for / being 57.97% > 50.00% for > 20s with reclaim activity`)] }],
    ['systemd-oomd only thought of it', { units: [said(OOMD, 0.2, 'Considered 139 cgroups for killing, top candidates were:', `oomd dry-run: Would have tried to kill /sys/fs/cgroup${CGROUP} with recurse=true`)] }],
    ['earlyoom killed another process', { units: [said(EARLYOOM, 0.2, ...LOW, sending('SIGKILL', 4_101))] }],
    ['earlyoom runs dry', { units: [said(EARLYOOM, 600, 'earlyoom v1.7', 'dryrun mode enabled, will not kill anything'), said(EARLYOOM, 0.2, ...LOW, sending('SIGKILL'))] }],
    ['earlyoom asked, and it ended by SIGKILL', { units: [said(EARLYOOM, 0.2, ...LOW, sending('SIGTERM'))] }],
    ['earlyoom killed it long before: another process then', { units: [said(EARLYOOM, 45, ...LOW, sending('SIGKILL'))] }],
    ['nohang found a victim, and did nothing', { units: [said(service('nohang'), 0.2, ...NOHANG.slice(0, 5))] }],
    ['oomd ran dry', { units: [said(service('oomd'), 0.2, `[../src/oomd/Log.cpp:114] ${FB_OOMD.replace('killer:', 'killer:(dry)')}`)] }],
    ['audit: another got it', { audit: audited(0.1, { exe: '/usr/bin/earlyoom', to: 4_101, named: 4_101 }) }],
  ])('not: %s', (_, told) => {
    expect(judged(told)).toEqual(NONE);
  });
});

describe('who sent it, from audit’s record to the verdict', () => {
  const journaled = (seconds: number, signal = 9): Unit => {
    const [call = '', hit = ''] = audited(seconds, { signal }).split('\n').map((line) => line.replace(/^type=(\w+) msg=audit\([^)]*\): /, '$1 '));
    return said({ _TRANSPORT: 'audit', _AUDIT_ID: '18', _SOURCE_REALTIME_TIMESTAMP: String(ago(seconds)) }, seconds, call, hit);
  };

  it.each([
    ['the journal proves it', { units: [journaled(0.1)] }, {}, 'external-sigkill', 'certain', 'SIGKILL was sent by sh (9027, /usr/bin/dash, uid 0)'],
    ['auditd’s file', { audit: audited(0.1) }, {}, 'external-sigkill', 'likely', 'SIGKILL was sent by sh (9027, /usr/bin/dash, uid 0)'],
    ['143, and who sent SIGTERM', { units: [journaled(0.1, 15)] }, { exitCode: 143 }, 'external-sigkill', 'likely', 'sh (9027, /usr/bin/dash, uid 0) sent it SIGTERM, and it ended by that signal'],
    ['143, by runc, on a request that nobody tells of', { audit: audited(0.1, { signal: 15, exe: '/usr/sbin/runc', comm: 'runc' }) }, { exitCode: 143 }, 'runtime-stop', 'likely', 'runc (9027, /usr/sbin/runc, uid 0) sent it SIGTERM'],
    ['143, by runc, as kubelet asked', { audit: audited(0.1, { signal: 15, exe: '/usr/sbin/runc', comm: 'runc' }), units: [kubelet([0.3, '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'], stopping(0.2, 30))] }, { exitCode: 143 }, 'pod-deletion', 'likely', 'the pod was deleted, and it ended by SIGTERM as it was asked to'],
    ['137 by runc, nobody tells why', { audit: audited(0.1, { exe: '/usr/sbin/runc', comm: 'runc' }) }, {}, 'runtime-stop', 'likely', 'the runtime sent it SIGKILL (runc (9027'],
    ['143, and SIGKILL to it', { audit: audited(0.1) }, { exitCode: 143 }, 'unknown', 'possible', 'ended by SIGTERM (143)'],
    ['143, and SIGTERM to another', { audit: audited(0.1, { signal: 15, to: 4_101, named: 4_101 }) }, { exitCode: 143 }, 'unknown', 'possible', 'ended by SIGTERM (143)'],
    ['1, and SIGTERM to it', { audit: audited(0.1, { signal: 15 }) }, { exitCode: 1 }, 'program', 'certain', 'the program ended itself with status 1'],
  ] as const)('%s', (_, told, exit, cause, confidence, summary) => {
    expect(judged(told, exit)).toEqual([[cause, confidence, expect.stringContaining(summary) as unknown]]);
  });

  it('faults: 139 with the kernel’s word on the very process', () => {
    const told = { kernel: kernel(0.05, 'app[4100]: segfault at 0 ip 000055d0c0ffee00 sp 00007ffc0ffee000 error 4 in app[55d0c0ffe000+1000]') };
    expect(judged(told, { exitCode: 139 })).toEqual([['program', 'certain', expect.stringContaining('the program crashed with SIGSEGV (139): segfault at 0') as unknown]]);
    expect(judged(told, { exitCode: 139, initPid: 4_101 })).toEqual([['program', 'likely', 'the program crashed with SIGSEGV (139)']]);
  });

  it('a status that the runtime lost says so', () => {
    expect(judged({}, { exitCode: 255, runtimeReason: 'Unknown' })).toEqual([['unknown', 'possible', expect.stringContaining('when it lost the true one') as unknown]]);
  });
});
