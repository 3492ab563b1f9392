import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/judge/case.ts';
import { judge } from '../../src/judge/judge.ts';
import { SECOND } from '../../src/lib/time.ts';
import { NOBODY, UNKNOWN_SENDER, type Sender, type Subject, type WitnessFact, type WitnessTold } from '../../src/model/witness.ts';
import { verdictSchema } from '../../src/model/verdict.ts';
import { NOT_COUNTED } from '../../src/correlate/cgroup-book.ts';
import { cgroupOf, exitOf, id, podPath, POD, T0 } from '../correlate/node.ts';

type Changes = Partial<Pick<WitnessFact, 'trust' | 'atUs' | 'witness'>> & { about?: Partial<Subject> };

function fact(told: WitnessTold, { about = { pid: 100 }, ...more }: Changes = {}): WitnessFact {
  return { witness: 'earlyoom', source: 'units', trust: 'proven', raw: '', atUs: T0 - SECOND / 10, ...more, ...told, about: { ...NOBODY, ...about } };
}

const low = (signal = 'SIGKILL', changes: Changes = {}, reason = 'memory is low', comm = 'java'): WitnessFact => fact({ kind: 'userspace-kill', by: 'earlyoom', comm, uid: 0, signal, reason, figures: { rssBytes: 5e7 } }, changes);
const oomd = (about: Partial<Subject>, reason: string | null = 'memory pressure'): WitnessFact => fact({ kind: 'userspace-kill', by: 'systemd-oomd', comm: null, uid: null, signal: 'SIGKILL', reason, figures: {} }, { about });
const SHELL: Sender = { ...UNKNOWN_SENDER, pid: 9027, comm: 'sh', exe: '/usr/bin/dash', uid: 0 };
const sent = (named: number | null, sender: Partial<Sender> = {}, changes: Changes = {}, success = true, signal = 'SIGKILL'): WitnessFact => fact({ kind: 'signal-sent', signal, success, sender: { ...SHELL, ...sender }, named }, { witness: 'audit', ...changes });
const fault = (signal: string, changes: Changes = {}, ownFault = true): WitnessFact => fact({ kind: 'fault', comm: 'app', signal, ownFault, text: 'segfault at 0' }, { witness: 'kernel', ...changes });
const request = fact({ kind: 'stop-request', by: 'kubelet', reason: 'pod-deletion', phase: 'stop', gracePeriodMs: 30_000, signal: 'SIGTERM', detail: null }, { witness: 'kubelet', atUs: T0 - 30.1 * SECOND, about: { containerId: id('app') } });

function made(witness: readonly WitnessFact[], exit: Parameters<typeof exitOf>[2] = {}, more: Partial<Case> = {}): Case {
  const read = { state: 'proven' as const, sources: ['journal'], blindSpots: [] };
  const ledger = { state: 'unchanged' as const, counted: 0, parsed: 0, exact: true, from: T0 - 40 * SECOND, to: T0 };
  return { exit: exitOf('app', T0, exit), finishedUs: T0, startedUs: T0 - 60 * SECOND, kills: [], nameless: null, siblings: [], kernelLog: read, ledger, cgroup: NOT_COUNTED, witness, tellsOfStops: false, witnessLog: read, settled: true, ...more };
}

function said(one: Case): readonly string[] {
  const { verdict } = judge(one);
  verdictSchema.parse(verdict);
  return [verdict.rule, verdict.cause, verdict.confidence];
}

const NOT_OOM = ['ledger-unchanged', 'not-oom', 'certain'];

describe('userspace OOM killers', () => {
  it.each([
    ['PID 1 by its pid', made([low()]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['a text says so', made([low('SIGKILL', { trust: 'text' })]), ['userspace-oom', 'userspace-oom', 'likely']],
    ['since when PID 1 lived is not known', made([low()], {}, { startedUs: null }), ['userspace-oom', 'userspace-oom', 'likely']],
    ['before PID 1 lived', made([low('SIGKILL', { atUs: T0 - 61 * SECOND })]), NOT_OOM],
    ['long before', made([low('SIGKILL', { atUs: T0 - 31 * SECOND })]), NOT_OOM],
    ['when is not known', made([low('SIGKILL', { atUs: null })]), NOT_OOM],
    ['another process', made([low('SIGKILL', { about: { pid: 101 } })]), NOT_OOM],
    ['SIGTERM, and an end by SIGKILL', made([low('SIGTERM')]), NOT_OOM],
    ['SIGTERM, and an end by it', made([low('SIGTERM')], { exitCode: 143 }), ['userspace-oom-term', 'userspace-oom', 'certain']],
    ['SIGTERM long before', made([low('SIGTERM', { atUs: T0 - 16 * SECOND })], { exitCode: 143 }), ['other-signal', 'unknown', 'possible']],
    ['SIGTERM, and a status of its own', made([low('SIGTERM')], { exitCode: 1 }), ['own-exit', 'program', 'certain']],
    ['the whole container', made([oomd({ containerId: id('app'), podUid: POD, cgroup: cgroupOf('app') })]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['a container by its unit', made([oomd({ containerId: id('app') })]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['the whole pod', made([oomd({ podUid: POD, cgroup: podPath() })]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['the slice around it', made([oomd({ cgroup: '/kubepods' })]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['a part of the container', made([oomd({ containerId: id('app'), podUid: POD, cgroup: `${cgroupOf('app')}/worker` })]), NOT_OOM],
    ['within a grace period', made([request, low()]), ['userspace-oom', 'userspace-oom', 'certain']],
    ['a stop, and only SIGTERM by the killer', made([request, low('SIGTERM')]), ['grace-period-over', 'pod-deletion', 'certain']],
    ['by audit’s word', made([sent(100, { comm: 'earlyoom', exe: '/usr/bin/earlyoom' })]), ['userspace-oom', 'userspace-oom', 'likely']],
    ['nohang by audit’s word', made([sent(100, { comm: 'nohang', exe: '/usr/bin/python3.11' })]), ['userspace-oom', 'userspace-oom', 'likely']],
    ['who calls himself so', made([sent(100, { comm: 'earlyoom', exe: '/bin/sh' })]), ['audit-sigkill', 'external-sigkill', 'certain']],
  ])('%s', (_, one, verdict) => {
    expect(said(one)).toEqual(verdict);
  });

  it('of a killer and of systemd that says the same, the one that tells why', () => {
    const { verdict } = judge(made([oomd({ containerId: id('app'), cgroup: cgroupOf('app') }), oomd({ containerId: id('app') }, null)]));
    expect(verdict.summary).toBe('killed by systemd-oomd, with its whole cgroup: memory pressure');
  });

  it('names killer, figures and reason; a name is fit for one line', () => {
    const { verdict } = judge(made([low('SIGKILL', {}, 'memory is low\u001b[2J', 'a\nb')]));
    expect(verdict.summary).toBe('killed by earlyoom: memory is low\\x1b[2J');
    expect(verdict.evidence[0]).toMatchObject({ kind: 'earlyoom', weight: 'decisive', text: 'earlyoom sent SIGKILL (a\\x0ab, pid 100, rss 47.7 MiB): memory is low\\x1b[2J' });
  });
});

describe('signals by the word of audit', () => {
  it.each([
    ['from the host', made([sent(100)]), ['audit-sigkill', 'external-sigkill', 'certain']],
    ['to a group, from the host', made([sent(-100)]), ['audit-sigkill', 'external-sigkill', 'certain']],
    ['from another namespace around it', made([sent(17)]), ['audit-sigkill', 'external-sigkill', 'likely']],
    ['by a pidfd', made([sent(null)]), ['audit-sigkill', 'external-sigkill', 'possible']],
    ['from auditd’s file', made([sent(100, {}, { trust: 'text' })]), ['audit-sigkill', 'external-sigkill', 'likely']],
    ['from within: PID 1 does not get it', made([sent(1)]), NOT_OOM],
    ['from within, to its own group', made([sent(0)]), NOT_OOM],
    ['refused', made([sent(100, {}, {}, false)]), NOT_OOM],
    ['to another', made([sent(101, {}, { about: { pid: 101 } })]), NOT_OOM],
    ['long before', made([sent(100, {}, { atUs: T0 - 31 * SECOND })]), NOT_OOM],
    ['after the end', made([sent(100, {}, { atUs: T0 + 1.5 * SECOND + 1 })]), NOT_OOM],
    ['after the end, where that is told more exactly', made([sent(100, {}, { atUs: T0 + 0.8 * SECOND })], {}, { finishedUs: T0 + 0.1 * SECOND }), NOT_OOM],
    ['a runtime for virtual machines', made([sent(100, { exe: '/usr/bin/containerd-shim-kata-v2' })]), ['audit-runtime-sigkill', 'runtime-stop', 'likely']],
    ['SIGTERM, and an end by it', made([sent(100, {}, {}, true, 'SIGTERM')], { exitCode: 143 }), ['audit-signal', 'external-sigkill', 'likely']],
    ['SIGTERM from within, and an end by it', made([sent(1, {}, {}, true, 'SIGTERM')], { exitCode: 143 }), ['audit-signal', 'external-sigkill', 'likely']],
    ['SIGTERM, and an end by another signal', made([sent(100, {}, {}, true, 'SIGTERM')], { exitCode: 130 }), ['other-signal', 'unknown', 'possible']],
    ['SIGTERM long before', made([sent(100, {}, { atUs: T0 - 16 * SECOND }, true, 'SIGTERM')], { exitCode: 143 }), ['other-signal', 'unknown', 'possible']],
    ['SIGTERM, and an end by SIGKILL', made([sent(100, {}, {}, true, 'SIGTERM')]), NOT_OOM],
    ['SIGTERM by the runtime', made([sent(100, { comm: 'runc', exe: '/usr/sbin/runc' }, {}, true, 'SIGTERM')], { exitCode: 143 }), ['audit-signal', 'runtime-stop', 'likely']],
    ['SIGTERM by earlyoom', made([sent(100, { exe: '/usr/bin/earlyoom' }, {}, true, 'SIGTERM')], { exitCode: 143 }), ['audit-signal', 'userspace-oom', 'likely']],
    ['SIGTERM as kubelet asked', made([request, sent(100, { exe: '/usr/sbin/runc' }, {}, true, 'SIGTERM')], { exitCode: 143 }), ['stop-requested-signal', 'pod-deletion', 'likely']],
    ['another status', made([sent(100)], { exitCode: 1 }), ['own-exit', 'program', 'certain']],
    ['by the runtime', made([sent(100, { comm: 'runc', exe: '/usr/sbin/runc' })]), ['audit-runtime-sigkill', 'runtime-stop', 'likely']],
    ['by the runtime, and why is known', made([request, sent(100, { comm: 'runc', exe: '/usr/sbin/runc' })]), ['grace-period-over', 'pod-deletion', 'certain']],
    ['by who calls himself runc', made([sent(100, { comm: 'runc' })]), ['audit-sigkill', 'external-sigkill', 'certain']],
    ['by somebody, while the grace period ran out', made([request, sent(100)]), ['audit-sigkill', 'external-sigkill', 'certain']],
  ])('%s', (_, one, verdict) => {
    expect(said(one)).toEqual(verdict);
  });

  it('names the sender, and the container that it was', () => {
    expect(judge(made([sent(100, { containerId: id('evil'), comm: 'x\ny' })])).verdict.summary).toBe(`SIGKILL was sent by x\\x0ay (9027, /usr/bin/dash, uid 0, container ${id('evil').slice(0, 12)})`);
  });

  it.each([
    ['a container that people know', { containerId: id('evil'), containerName: 'tools/debug/sh\nell', cgroup: cgroupOf('evil') }, 'container tools/debug/sh\\x0aell'],
    ['a service of the node', { cgroup: '/system.slice/cron.service' }, 'in cron.service'],
    ['a child of a service, which may have put it elsewhere', { parentCgroup: '/system.slice/containerd.service' }, 'parent in containerd.service'],
    ['a session of one who became another', { auid: 1000, cgroup: '/user.slice/user-1000.slice/session-3.scope' }, 'logged in as uid 1000, in session-3.scope'],
    ['nowhere', { auid: 0, cgroup: '/' }, null],
  ])('tells where the sender was: %s', (_, sender, where) => {
    expect(judge(made([sent(100, sender)])).verdict.summary).toBe(`SIGKILL was sent by sh (9027, /usr/bin/dash, uid 0${where === null ? '' : `, ${where}`})`);
  });

  it('tells where the sender was, whatever path it runs from', () => {
    const { summary } = judge(made([sent(100, { exe: `/${'x'.repeat(4_000)}/sh`, containerId: id('evil'), containerName: 'tools/debug/shell' })])).verdict;
    expect(summary).toMatch(/^SIGKILL was sent by sh \(9027, …x{77}\/sh, uid 0, container tools\/debug\/shell\)$/);
  });

  it('shows a signal in vain, and that it was', () => {
    expect(judge(made([sent(1)])).verdict.evidence[0]?.text).toBe('sh (9027, /usr/bin/dash, uid 0) sent SIGKILL to pid 100, from inside the container, where PID 1 does not get it');
  });
});

describe('faults', () => {
  it.each([
    ['the kernel sent it', made([fault('SIGSEGV')], { exitCode: 139 }), ['own-exit', 'program', 'certain']],
    ['forbidden calls', made([fault('SIGSYS')], { exitCode: 159 }), ['own-exit', 'program', 'certain']],
    ['whoever sent it', made([fault('SIGABRT', {}, false)], { exitCode: 134 }), ['own-exit', 'program', 'likely']],
    ['a text says so', made([fault('SIGSEGV', { trust: 'text' })], { exitCode: 139 }), ['own-exit', 'program', 'likely']],
    ['another signal', made([fault('SIGBUS')], { exitCode: 139 }), ['own-exit', 'program', 'likely']],
    ['another process', made([fault('SIGSEGV', { about: { pid: 101 } })], { exitCode: 139 }), ['own-exit', 'program', 'likely']],
    ['before PID 1 lived', made([fault('SIGSEGV', { atUs: T0 - 61 * SECOND })], { exitCode: 139 }), ['own-exit', 'program', 'likely']],
    ['an end by SIGKILL', made([fault('SIGSEGV')]), NOT_OOM],
  ])('%s', (_, one, verdict) => {
    expect(said(one)).toEqual(verdict);
  });

  it('says what the kernel said', () => {
    const { verdict } = judge(made([fault('SIGSEGV')], { exitCode: 139 }));
    expect(verdict.summary).toBe('the program crashed with SIGSEGV (139): segfault at 0');
    expect(verdict.evidence[0]).toMatchObject({ kind: 'kernel', weight: 'decisive', text: 'app (100): segfault at 0 (SIGSEGV)' });
  });
});
