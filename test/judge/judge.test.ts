import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case, CgroupLimit, CgroupView, KernelLogView, LedgerView, LogView } from '../../src/judge/case.ts';
import { judge } from '../../src/judge/judge.ts';
import { RULES } from '../../src/judge/rules.ts';
import { rulesDocument } from '../../src/judge/rules-document.ts';
import { runtimeAgrees } from '../../src/judge/runtime-agrees.ts';
import { formatTime, SECOND, type Micros } from '../../src/lib/time.ts';
import { CONFIDENCES, type Confidence } from '../../src/model/cause.ts';
import { containerSchema } from '../../src/model/container-exit.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';
import { NOBODY, UNKNOWN_SENDER, type FactOf, type WitnessFact, type WitnessTold } from '../../src/model/witness.ts';
import { verdictSchema } from '../../src/model/verdict.ts';
import { NOT_COUNTED } from '../../src/correlate/cgroup-book.ts';
import { cgroupOf, exitOf, id, POD, podPath, T0 } from '../correlate/node.ts';

const PROVEN: KernelLogView = { state: 'proven', sources: ['journal'], blindSpots: [] };
const BLIND: KernelLogView = { state: 'none', sources: [], blindSpots: [{ source: 'journal', from: formatTime(T0), to: null, why: 'down' }] };
const NOT_READ: LogView = { state: 'none', sources: [], blindSpots: [] };
const NO_LEDGER: LedgerView = { state: 'unknown', counted: null, parsed: 0, exact: false, from: null, to: null };
const ledger = (state: LedgerView['state'], counted = 0, parsed = 0, exact = true): LedgerView => ({ state, counted, parsed, exact, from: T0 - 40 * SECOND, to: T0 + SECOND });

/** What the kernel counted in the container's own cgroup in its last minute. */
const cgroup = (killed: number, limit: CgroupLimit | null = null, more: Partial<CgroupView> = {}): CgroupView => ({ state: killed === 0 ? 'none' : 'some', killed, of: 'container', whole: true, from: T0 - 40 * SECOND, to: T0, limit, ...more });
const at = (level: CgroupLimit['level'], path: string | null = null, exact = true): CgroupLimit => ({ level, cgroup: path, exact });

type KillChanges = Partial<Omit<OomKill, 'victim'>> & { beforeUs?: Micros; pid?: number; rssBytes?: number; seen?: boolean };

function kill({ beforeUs = 100_000, pid = 100, rssBytes = 40e6, seen = true, ...more }: KillChanges = {}): OomKill {
  return {
    kind: 'oom-kill', id: 'oom-1', reportId: 'report-1', time: formatTime(T0 - beforeUs), monotonicUs: 1, bootId: 'b', scope: 'memcg', level: 'container',
    limitCgroup: cgroupOf('app'), victimCgroup: cgroupOf('app'), containerId: id('app'), podUid: null, groupKill: false,
    victim: { pid, comm: 'java', uid: 0, totalVmBytes: seen ? 2e8 : null, anonRssBytes: rssBytes, fileRssBytes: 0, shmemRssBytes: 0, oomScoreAdj: 0 },
    invoker: { comm: 'java', pid: 1, oomScoreAdj: 0, gfpMask: null, order: 0 },
    memory: { usageBytes: 5e7, limitBytes: 5e7, failcnt: 1, swapUsageBytes: null, swapLimitBytes: null },
    culprits: null, complete: true, trust: 'kernel', source: 'journal', sources: ['journal'], raw: [], ...more,
  };
}
const HEADLESS: KillChanges = { level: null, limitCgroup: null, victimCgroup: null, containerId: null, complete: false };

function made({ exit = {}, ...more }: Omit<Partial<Case>, 'exit'> & { exit?: Parameters<typeof exitOf>[2] } = {}): Case {
  return { exit: exitOf('app', T0, exit), finishedUs: T0, startedUs: T0 - 60 * SECOND, kills: [], nameless: null, siblings: [], kernelLog: PROVEN, ledger: NO_LEDGER, cgroup: NOT_COUNTED, witness: [], tellsOfStops: false, witnessLog: NOT_READ, settled: true, ...more };
}

/** kubelet's word that it ends the container, so long before its end. */
function stop(beforeUs: Micros, more: Partial<FactOf<'stop-request'>> = {}): FactOf<'stop-request'> {
  return { kind: 'stop-request', by: 'kubelet', reason: 'liveness-probe', phase: 'stop', gracePeriodMs: 30_000, signal: 'SIGTERM', detail: null, atUs: T0 - beforeUs, witness: 'kubelet', source: 'units', trust: 'proven', raw: 'Killing container', about: { ...NOBODY, containerId: id('app') }, ...more };
}

function fact(told: WitnessTold, beforeSeconds = 1): WitnessFact {
  return { ...told, atUs: T0 - beforeSeconds * SECOND, witness: 'kubelet', source: 'units', trust: 'proven', raw: '', about: { ...NOBODY, containerId: id('app') } };
}

/** kubelet's word that it removes the pod's cgroup, and kills what is in it. */
function cgroupRemoved(beforeUs: Micros): WitnessFact {
  return stop(beforeUs, { reason: 'unknown', gracePeriodMs: null, phase: 'kill', signal: 'SIGKILL', about: { ...NOBODY, podUid: POD } });
}

function byPid(told: WitnessTold): WitnessFact {
  return { ...fact(told), about: { ...NOBODY, pid: 100 } };
}

const EVICTED = fact({ kind: 'eviction', signal: null, resource: 'memory', thresholdText: null, observedText: null, limit: false, detail: null }, 4.5);

/** kubelet's word, so many seconds after the end, that it has evicted the pod. */
const evictedAfter = (seconds: number): WitnessFact => fact({ kind: 'eviction', signal: null, resource: 'memory', thresholdText: null, observedText: null, limit: false, detail: null }, -seconds);

const SENT: WitnessTold & { readonly kind: 'signal-sent' } = { kind: 'signal-sent', signal: 'SIGKILL', success: true, named: 100, sender: { ...UNKNOWN_SENDER, pid: 7, comm: 'sh', exe: '/bin/sh', uid: 0 } };

const said = (one: Case) => {
  const { verdict } = judge(one);
  verdictSchema.parse(verdict);
  return [verdict.rule, verdict.cause, verdict.confidence];
};

/** Each rule where it applies, and where it nearly does. */
const CASES: readonly (readonly [string, Case, readonly [string, string, Confidence]])[] = [
  ['kubelet asked, and the grace period was over', made({ witness: [stop(30.1 * SECOND)] }), ['grace-period-over', 'liveness-probe', 'certain']],
  ['kubelet asked, and whole seconds do not tell whether the end came before that', made({ witness: [stop(29 * SECOND)] }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['kubelet asked, and the end came before that', made({ witness: [stop(28.5 * SECOND)] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['kubelet asked long before', made({ witness: [stop(400 * SECOND)] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['a text says that kubelet asked', made({ witness: [stop(30.1 * SECOND, { trust: 'text' })] }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['why it asked is not told', made({ witness: [stop(30.1 * SECOND, { reason: 'unknown' })] }), ['grace-period-over', 'runtime-stop', 'likely']],
  ['the kernel log was not read', made({ witness: [stop(30.1 * SECOND)], kernelLog: BLIND }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['the kernel counted more kills than were read', made({ witness: [stop(30.1 * SECOND)], ledger: ledger('ahead', 1, 0) }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['an OOM kill of PID 1 within the grace period', made({ witness: [stop(10 * SECOND)], kills: [kill()] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['an OOM kill of a child just before the grace period was over', made({ witness: [stop(30.1 * SECOND)], kills: [kill({ pid: 5, beforeUs: 2 * SECOND })] }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['stopped with no grace', made({ witness: [stop(0.2 * SECOND, { gracePeriodMs: 0 })] }), ['grace-period-over', 'liveness-probe', 'certain']],
  ['found out by looking', made({ witness: [stop(30.1 * SECOND)], exit: { finishedWithinMs: 3_000 } }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['long in dying', made({ witness: [stop(60 * SECOND)] }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['SIGKILL long after the runtime’s grace period, and nobody says that it was sent', made({ witness: [stop(75 * SECOND, { by: 'containerd', reason: 'unknown', gracePeriodMs: 10_000 })], startedUs: T0 - 500 * SECOND }), ['kernel-log-read', 'not-oom', 'likely']],
  ['long in dying, after the runtime said that it kills', made({ witness: [stop(75 * SECOND, { by: 'containerd', reason: 'unknown', gracePeriodMs: null, phase: 'kill' })], startedUs: T0 - 500 * SECOND }), ['grace-period-over', 'runtime-stop', 'likely']],
  ['the runtime had lost its shim', made({ witness: [fact({ kind: 'shim-gone', by: 'containerd' }, 0.1)] }), ['shim-lost', 'unknown', 'possible']],
  ['the runtime let go of its shim when it had ended', made({ witness: [fact({ kind: 'shim-gone', by: 'containerd' }, -0.1)] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['the runtime had lost the shim of an earlier start', made({ witness: [fact({ kind: 'shim-gone', by: 'containerd' }, 11)], startedUs: T0 - 10 * SECOND }), ['kernel-log-read', 'not-oom', 'likely']],
  ['the runtime had lost its shim, and PID 1 was OOM-killed', made({ witness: [fact({ kind: 'shim-gone', by: 'containerd' }, 0.1)], kills: [kill()] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['a readiness probe failed', made({ witness: [fact({ kind: 'probe-failed', probe: 'readiness', detail: null })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['a liveness probe failed, and nobody asked for an end', made({ witness: [fact({ kind: 'probe-failed', probe: 'liveness', detail: null })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['kubelet removed the pod’s cgroup before the grace period of its eviction was over', made({ witness: [EVICTED, stop(3.6 * SECOND, { reason: 'unknown', gracePeriodMs: 5_000 }), cgroupRemoved(1.3 * SECOND)] }), ['grace-period-over', 'eviction', 'likely']],
  ['kubelet removed the pod’s cgroup when it had ended', made({ witness: [EVICTED, stop(3.6 * SECOND, { reason: 'unknown', gracePeriodMs: 5_000 }), cgroupRemoved(-2.1 * SECOND)] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['evicted, by kubelet’s word when it was done', made({ witness: [fact({ kind: 'eviction', signal: null, resource: 'memory', thresholdText: null, observedText: null, limit: false, detail: null }, -1)] }), ['stop-reason-alone', 'eviction', 'likely']],
  ['evicted long after it was stopped', made({ witness: [stop(10.1 * SECOND, { by: 'containerd', reason: 'unknown', gracePeriodMs: 10_000 }), evictedAfter(200)] }), ['grace-period-over', 'runtime-stop', 'likely']],
  ['preempted long after kubelet stopped it', made({ witness: [stop(30.1 * SECOND, { reason: 'unknown' }), fact({ kind: 'preemption', detail: null }, -200)] }), ['grace-period-over', 'runtime-stop', 'likely']],
  ['evicted as soon as kubelet can tell', made({ witness: [stop(30.1 * SECOND, { reason: 'unknown' }), evictedAfter(12)] }), ['grace-period-over', 'eviction', 'certain']],
  ['evicted long after its end', made({ witness: [evictedAfter(120)] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['evicted long before its end', made({ witness: [evictedAfter(-400)], startedUs: T0 - 500 * SECOND }), ['kernel-log-read', 'not-oom', 'likely']],
  ['evicted, but the kernel killed more than was read', made({ witness: [fact({ kind: 'preemption', detail: null })], ledger: ledger('ahead', 1, 0) }), ['ledger-ahead', 'unknown', 'possible']],
  ['deleted, with grace left and no word of a request', made({ witness: [fact({ kind: 'pod-deletion', gracePeriodMs: null, detail: null })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['the runtime was asked, and killed', made({ witness: [stop(1 * SECOND, { by: 'containerd', reason: 'unknown', gracePeriodMs: null, phase: 'kill' })] }), ['grace-period-over', 'runtime-stop', 'likely']],
  ['SIGTERM, as asked', made({ witness: [stop(1 * SECOND)], exit: { exitCode: 143 } }), ['stop-requested-signal', 'liveness-probe', 'likely']],
  ['SIGTERM long after', made({ witness: [stop(80 * SECOND)], exit: { exitCode: 143 } }), ['other-signal', 'unknown', 'possible']],
  ['SIGTERM, where another signal had been asked for', made({ witness: [stop(1 * SECOND, { by: 'docker', reason: 'unknown', gracePeriodMs: null, signal: 'SIGQUIT' })], exit: { exitCode: 143 } }), ['other-signal', 'unknown', 'possible']],
  ['SIGTERM, of the engine, that tells no time', made({ witness: [stop(60 * SECOND, { by: 'docker', reason: 'unknown', gracePeriodMs: null })], exit: { exitCode: 143 }, startedUs: T0 - 500 * SECOND }), ['stop-requested-signal', 'runtime-stop', 'likely']],
  ['SIGTERM long after the engine was asked', made({ witness: [stop(301 * SECOND, { by: 'docker', reason: 'unknown', gracePeriodMs: null })], exit: { exitCode: 143 }, startedUs: T0 - 500 * SECOND }), ['other-signal', 'unknown', 'possible']],
  ['a status of its own, as asked', made({ witness: [stop(1 * SECOND)], exit: { exitCode: 1 } }), ['own-exit', 'program', 'certain']],
  ['a fault while it was to end', made({ witness: [stop(1 * SECOND)], exit: { exitCode: 139 } }), ['own-exit', 'program', 'likely']],
  ['a userspace OOM killer’s word', made({ witness: [byPid({ kind: 'userspace-kill', by: 'earlyoom', comm: null, uid: null, signal: 'SIGKILL', reason: null, figures: {} })] }), ['userspace-oom', 'userspace-oom', 'certain']],
  ['its SIGTERM', made({ witness: [byPid({ kind: 'userspace-kill', by: 'earlyoom', comm: null, uid: null, signal: 'SIGTERM', reason: null, figures: {} })], exit: { exitCode: 143 } }), ['userspace-oom-term', 'userspace-oom', 'certain']],
  ['its SIGTERM, when kubelet had asked, too', made({ witness: [stop(12 * SECOND), byPid({ kind: 'userspace-kill', by: 'earlyoom', comm: null, uid: null, signal: 'SIGTERM', reason: null, figures: {} })], exit: { exitCode: 143 } }), ['userspace-oom-term', 'userspace-oom', 'likely']],
  ['a runtime was told of an OOM that no log and no count shows', made({ witness: [fact({ kind: 'oom-event', by: 'containerd' })] }), ['kernel-log-read', 'not-oom', 'possible']],
  ['audit names who sent it', made({ witness: [byPid(SENT)], kills: [kill({ pid: 5, beforeUs: 2 * SECOND })] }), ['audit-sigkill', 'external-sigkill', 'certain']],
  ['audit names the runtime', made({ witness: [byPid({ ...SENT, sender: { ...SENT.sender, exe: '/usr/bin/runc' } })] }), ['audit-runtime-sigkill', 'runtime-stop', 'likely']],
  ['audit names who sent SIGTERM', made({ witness: [byPid({ ...SENT, signal: 'SIGTERM' })], exit: { exitCode: 143 } }), ['audit-signal', 'external-sigkill', 'likely']],
  ['PID 1 was OOM-killed, and somebody sent SIGKILL besides', made({ witness: [byPid(SENT)], kills: [kill()] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['PID 1 by its pid', made({ kills: [kill()] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['PID 1, status lost', made({ kills: [kill()], exit: { exitCode: 255 } }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['PID 1 of a text log', made({ kills: [kill({ trust: 'text' })] }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['PID 1, the kill itself not seen', made({ kills: [kill({ seen: false, complete: false })] }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['PID 1 by pid alone', made({ kills: [kill(HEADLESS)] }), ['pid1-victim', 'cgroup-limit-oom', 'certain']],
  ['PID 1 by pid alone, since when not known', made({ kills: [kill(HEADLESS)], startedUs: null }), ['pid1-victim', 'cgroup-limit-oom', 'likely']],
  ['PID 1 by pid alone, when not known', made({ kills: [kill({ ...HEADLESS, time: null })] }), ['pid1-victim', 'cgroup-limit-oom', 'likely']],
  ['PID 1 by pid alone, long ago', made({ kills: [kill({ ...HEADLESS, beforeUs: 31 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['near its limit, header lost', made({ kills: [kill({ ...HEADLESS, rssBytes: 96e6 })], exit: { memoryLimitBytes: 100e6 } }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['only the kill line, no words of scope', made({ kills: [kill({ ...HEADLESS, scope: 'unknown' })] }), ['pid1-victim', 'unknown', 'possible']],
  ['nested', made({ kills: [kill({ level: 'nested', limitCgroup: `${cgroupOf('app')}/x` })] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['pod', made({ kills: [kill({ level: 'pod', limitCgroup: podPath() })], exit: { memoryLimitBytes: 1 } }), ['pid1-victim', 'pod-limit-oom', 'certain']],
  ['pod, sole', made({ kills: [kill({ level: 'pod', limitCgroup: podPath() })], exit: { memoryLimitBytes: 5e7 } }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['pod, with a sibling', made({ kills: [kill({ level: 'pod', limitCgroup: podPath() })], exit: { memoryLimitBytes: 5e7 }, siblings: [containerSchema.parse({ containerId: 'x' })] }), ['pid1-victim', 'pod-limit-oom', 'certain']],
  ['QoS', made({ kills: [kill({ level: 'qos', limitCgroup: '/kubepods/burstable' })] }), ['pid1-victim', 'qos-limit-oom', 'certain']],
  ['kubepods', made({ kills: [kill({ level: 'kubepods', limitCgroup: '/kubepods' })] }), ['pid1-victim', 'node-allocatable-oom', 'certain']],
  ['above', made({ kills: [kill({ level: 'other', limitCgroup: '/kubelet' })] }), ['pid1-victim', 'ancestor-limit-oom', 'certain']],
  ['node', made({ kills: [kill({ level: 'node', scope: 'global', limitCgroup: null })] }), ['pid1-victim', 'node-oom', 'certain']],
  ['node, constraint not stated', made({ kills: [kill({ ...HEADLESS, complete: true, level: 'node', scope: 'global' })] }), ['pid1-victim', 'node-oom', 'likely']],
  ['cpuset', made({ kills: [kill({ level: null, scope: 'cpuset', limitCgroup: null })] }), ['pid1-victim', 'numa-oom', 'certain']],
  ['group', made({ kills: [kill({ pid: 5, groupKill: true }), kill({ groupKill: true, id: 'oom-2' })] }), ['group-kill', 'container-limit-oom', 'certain']],
  ['group without PID 1', made({ kills: [kill({ pid: 5, groupKill: true, beforeUs: 9 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['pid not known', made({ kills: [kill()], exit: { initPid: null } }), ['victim-unknown-role', 'container-limit-oom', 'likely']],
  ['pid not known, some seconds before', made({ kills: [kill({ beforeUs: 6 * SECOND })], exit: { initPid: null }, ledger: ledger('agrees', 1, 1) }), ['unplaced-kill', 'unknown', 'possible']],
  ['pid not known, long before', made({ kills: [kill({ beforeUs: 31 * SECOND })], exit: { initPid: null }, ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'likely']],
  ['pid not known, long before, count unmoved since', made({ kills: [kill({ beforeUs: 50 * SECOND })], exit: { initPid: null }, ledger: ledger('unchanged') }), ['ledger-unchanged', 'not-oom', 'likely']],
  ['child, when not known', made({ kills: [kill({ pid: 5, time: null })] }), ['unplaced-kill', 'unknown', 'possible']],
  ['child, eight seconds before, count agrees', made({ kills: [kill({ pid: 5, beforeUs: 8 * SECOND })], ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'likely']],
  ['child, minutes before, count agrees', made({ kills: [kill({ pid: 5, beforeUs: 90 * SECOND })], ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'certain']],
  ['child, after the exit by the kernel’s own clock', made({ kills: [kill({ pid: 5, beforeUs: -8 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['PID 1, named, by clocks that contradict', made({ kills: [kill({ beforeUs: -60 * SECOND })] }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['PID 1 by pid alone, after the exit', made({ kills: [kill({ ...HEADLESS, beforeUs: -SECOND })] }), ['pid1-victim', 'cgroup-limit-oom', 'likely']],
  ['pod, its limit not printed', made({ kills: [kill({ level: 'pod', limitCgroup: podPath(), memory: { usageBytes: null, limitBytes: null, failcnt: null, swapUsageBytes: null, swapLimitBytes: null } })], exit: { memoryLimitBytes: 5e7 } }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['pod, nothing known of it', made({ kills: [kill({ level: 'pod', limitCgroup: podPath() })], exit: { podUid: null } }), ['pid1-victim', 'pod-limit-oom', 'likely']],
  ['its cgroup by the runtime’s word', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden/abc', victimCgroup: '/garden/abc/x' })], exit: { cgroup: '/garden/abc' } }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['around its cgroup by the runtime’s word', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden', victimCgroup: '/garden/abc' })], exit: { cgroup: '/garden/abc' } }), ['pid1-victim', 'ancestor-limit-oom', 'certain']],
  ['by pid in a cgroup that names nobody', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden/abc', victimCgroup: '/garden/abc' })] }), ['pid1-victim', 'cgroup-limit-oom', 'certain']],
  ['by pid in a cgroup that names nobody, whose limit is its own', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden/abc', victimCgroup: '/garden/abc' })], exit: { memoryLimitBytes: 5e7 } }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['by pid in a cgroup that names nobody, whose limit is not its own', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden/abc', victimCgroup: '/garden/abc' })], exit: { memoryLimitBytes: 1e9 } }), ['pid1-victim', 'ancestor-limit-oom', 'likely']],
  ['by pid in a cgroup that names nobody, the limit above', made({ kills: [kill({ level: 'other', containerId: null, limitCgroup: '/garden', victimCgroup: '/garden/abc' })] }), ['pid1-victim', 'ancestor-limit-oom', 'likely']],
  ['never started: its first process was killed', made({ kills: [kill()], exit: { initPid: null, exitCode: 128, runtimeReason: 'StartError' } }), ['victim-unknown-role', 'container-limit-oom', 'likely']],
  ['never started', made({ exit: { exitCode: 127, runtimeReason: 'ContainerCannotRun' } }), ['never-started', 'unknown', 'possible']],
  ['a virtual machine: its own kernel may have done it', made({ exit: { runtimeType: 'io.containerd.kata.v2' }, ledger: ledger('unchanged') }), ['guest-kernel', 'unknown', 'possible']],
  ['a virtual machine, killed by the node’s kernel', made({ kills: [kill()], exit: { runtimeType: 'io.containerd.kata.v2' } }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['no virtual machine', made({ exit: { runtimeType: 'io.containerd.runsc.v1' }, ledger: ledger('unchanged') }), ['ledger-unchanged', 'not-oom', 'certain']],
  ['a 137 of kubelet’s own', made({ exit: { runtimeReason: 'ContainerStatusUnknown' }, ledger: ledger('unchanged') }), ['status-lost', 'unknown', 'possible']],
  ['child', made({ kills: [kill({ pid: 5 })] }), ['child-victim', 'container-limit-oom', 'likely']],
  ['child, some seconds before', made({ kills: [kill({ pid: 5, beforeUs: 4 * SECOND })] }), ['child-victim', 'container-limit-oom', 'possible']],
  ['child, too long before', made({ kills: [kill({ pid: 5, beforeUs: 6 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['child, own status', made({ kills: [kill({ pid: 5 })], exit: { exitCode: 1 } }), ['own-exit', 'program', 'certain']],
  ['count unmoved', made({ ledger: ledger('unchanged') }), ['ledger-unchanged', 'not-oom', 'certain']],
  ['count unmoved, forged line', made({ ledger: ledger('unchanged'), kills: [kill({ trust: 'text' })] }), ['ledger-unchanged', 'not-oom', 'certain']],
  ['count unmoved since before it lived, a forged line stamped with whole seconds', made({ ledger: ledger('unchanged'), startedUs: T0 - 39.9 * SECOND, kills: [kill({ trust: 'text', beforeUs: 39.5 * SECOND })] }), ['ledger-unchanged', 'not-oom', 'certain']],
  ['count unmoved since it lived, a line of about the time of the first reading', made({ ledger: ledger('unchanged'), startedUs: T0 - 60 * SECOND, kills: [kill({ trust: 'text', beforeUs: 39.5 * SECOND })] }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['count unmoved, other status', made({ ledger: ledger('unchanged'), exit: { exitCode: 143 } }), ['other-signal', 'unknown', 'possible']],
  ['count ahead', made({ ledger: ledger('ahead', 2, 1) }), ['ledger-ahead', 'unknown', 'possible']],
  ['count ahead, but this one is known', made({ ledger: ledger('ahead', 2, 1), kills: [kill()] }), ['pid1-victim', 'container-limit-oom', 'certain']],
  ['nameless', made({ nameless: kill({ ...HEADLESS, pid: 7 }), exit: { initPid: null } }), ['nameless-kill', 'unknown', 'possible']],
  ['nameless, pid known', made({ nameless: kill({ ...HEADLESS, pid: 7 }), ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'possible']],
  ['log read', made({}), ['kernel-log-read', 'not-oom', 'likely']],
  ['log read, count agrees', made({ ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'certain']],
  ['log read, count agrees only by a text', made({ ledger: ledger('agrees', 1, 1, false) }), ['kernel-log-read', 'not-oom', 'likely']],
  ['log read, the runtime says OOMKilled', made({ exit: { runtimeReason: 'OOMKilled' } }), ['kernel-log-read', 'not-oom', 'possible']],
  ['log read, the runtime says OOMKilled, count agrees', made({ exit: { runtimeReason: 'OOMKilled' }, ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'certain']],
  ['log read, the runtime says OOMKilled, as of a child before', made({ exit: { runtimeReason: 'OOMKilled' }, kills: [kill({ pid: 5, beforeUs: 50 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['log up', made({ kernelLog: { ...PROVEN, state: 'presumed' }, ledger: ledger('agrees', 1, 1) }), ['kernel-log-read', 'not-oom', 'likely']],
  ['blind', made({ kernelLog: BLIND }), ['blind', 'unknown', 'possible']],
  ['its cgroup counted none, though the node did', made({ cgroup: cgroup(0), ledger: ledger('ahead', 2, 1) }), ['cgroup-unchanged', 'not-oom', 'certain']],
  ['its cgroup counted none, with no log', made({ cgroup: cgroup(0), kernelLog: BLIND }), ['cgroup-unchanged', 'not-oom', 'certain']],
  ['its cgroup counted none, not what is below it', made({ cgroup: cgroup(0, null, { whole: false }), kernelLog: BLIND }), ['cgroup-unchanged', 'not-oom', 'likely']],
  ['its cgroup counted none since a child was killed', made({ cgroup: cgroup(0), kills: [kill({ pid: 5, beforeUs: 50 * SECOND })] }), ['cgroup-unchanged', 'not-oom', 'likely']],
  ['its cgroup counted none, a forged line', made({ cgroup: cgroup(0), kills: [kill({ trust: 'text' })] }), ['cgroup-unchanged', 'not-oom', 'certain']],
  ['its cgroup counted none, not what is below it, a line of a text', made({ cgroup: cgroup(0, null, { whole: false }), kills: [kill({ trust: 'text' })] }), ['pid1-victim', 'container-limit-oom', 'likely']],
  ['its cgroup counted none, and it was stopped in time', made({ cgroup: cgroup(0), kernelLog: BLIND, witness: [stop(30.1 * SECOND)] }), ['grace-period-over', 'liveness-probe', 'certain']],
  ['its cgroup counted none, other status', made({ cgroup: cgroup(0), exit: { exitCode: 143 } }), ['other-signal', 'unknown', 'possible']],
  ['counted at its own limit, no log', made({ cgroup: cgroup(1, at('container', cgroupOf('app'))), kernelLog: BLIND }), ['cgroup-counted', 'container-limit-oom', 'likely']],
  ['counted at its own limit, the log lost it', made({ cgroup: cgroup(1, at('container', cgroupOf('app'))), ledger: ledger('ahead', 1, 0) }), ['cgroup-counted', 'container-limit-oom', 'likely']],
  ['counted at its own limit, where reclaim may have helped', made({ cgroup: cgroup(1, at('container', cgroupOf('app'), false)), kernelLog: BLIND }), ['cgroup-counted', 'container-limit-oom', 'possible']],
  ["counted at its pod's limit", made({ cgroup: cgroup(1, at('pod', podPath())), kernelLog: BLIND }), ['cgroup-counted', 'pod-limit-oom', 'likely']],
  ["counted at its pod's limit, which is its own", made({ cgroup: cgroup(1, at('pod', podPath())), kernelLog: BLIND, exit: { memoryLimitBytes: 5e7 } }), ['cgroup-counted', 'container-limit-oom', 'likely']],
  ['counted at a limit of its QoS class', made({ cgroup: cgroup(1, at('qos', '/kubepods/burstable')), kernelLog: BLIND }), ['cgroup-counted', 'qos-limit-oom', 'likely']],
  ['counted at the limit of all pods', made({ cgroup: cgroup(1, at('kubepods', '/kubepods')), kernelLog: BLIND }), ['cgroup-counted', 'node-allocatable-oom', 'likely']],
  ['counted at a container around it', made({ cgroup: cgroup(1, at('container', '/docker/kind')), kernelLog: BLIND, exit: { cgroup: `/docker/kind${cgroupOf('app')}` } }), ['cgroup-counted', 'ancestor-limit-oom', 'likely']],
  ['counted, and no limit was hit', made({ cgroup: cgroup(1, at('node')), kernelLog: BLIND }), ['cgroup-counted', 'node-oom', 'likely']],
  ['counted, and whose limit was hit is not known', made({ cgroup: cgroup(1), kernelLog: BLIND }), ['cgroup-counted', 'unknown', 'possible']],
  ['counted at some time in an hour', made({ cgroup: cgroup(1, at('container'), { from: T0 - 3_600 * SECOND }), kernelLog: BLIND }), ['cgroup-counted', 'container-limit-oom', 'possible']],
  ['counted at some time in an hour, and the node counted one just now', made({ cgroup: cgroup(1, at('container'), { from: T0 - 3_600 * SECOND }), ledger: ledger('ahead', 1, 0) }), ['cgroup-counted', 'container-limit-oom', 'likely']],
  ['counted in its pod, where others are', made({ cgroup: cgroup(1, at('container'), { of: 'pod' }), kernelLog: BLIND, siblings: [containerSchema.parse({ containerId: 'x' })] }), ['cgroup-counted', 'container-limit-oom', 'possible']],
  ['counted, as the line of a child tells', made({ cgroup: cgroup(1, at('container')), kills: [kill({ pid: 5, beforeUs: 9 * SECOND })] }), ['kernel-log-read', 'not-oom', 'likely']],
  ['counted one more than the lines of children', made({ cgroup: cgroup(2, at('container')), kills: [kill({ pid: 5, beforeUs: 9 * SECOND })] }), ['cgroup-counted', 'container-limit-oom', 'likely']],
  ['counted twice as the first of a group is', made({ cgroup: cgroup(3, at('container')), kills: [5, 6].map((pid) => kill({ pid, id: `oom-${pid}`, groupKill: true, beforeUs: 9 * SECOND })) }), ['kernel-log-read', 'not-oom', 'likely']],
  ['counted, and it was stopped when its time was over', made({ cgroup: cgroup(1, at('container')), witness: [stop(30.1 * SECOND)] }), ['grace-period-over', 'liveness-probe', 'likely']],
  ['the kill line alone, and whose limit was hit by the counts', made({ kills: [kill(HEADLESS)], cgroup: cgroup(1, at('pod', podPath())) }), ['pid1-victim', 'pod-limit-oom', 'likely']],
  ['the kill line alone, of a cgroup, and counts that tell of none', made({ kills: [kill(HEADLESS)], cgroup: cgroup(1, at('node')) }), ['pid1-victim', 'cgroup-limit-oom', 'certain']],
  ['still waiting', made({ kernelLog: { ...PROVEN, state: 'waiting' }, settled: false }), ['blind', 'unknown', 'possible']],
  ['status lost', made({ exit: { exitCode: 255 } }), ['status-lost', 'unknown', 'possible']],
  ['negative', made({ exit: { exitCode: -1 } }), ['status-lost', 'unknown', 'possible']],
  ['SIGTERM', made({ exit: { exitCode: 143 } }), ['other-signal', 'unknown', 'possible']],
  ['SIGSEGV', made({ exit: { exitCode: 139 } }), ['own-exit', 'program', 'likely']],
  ['own status', made({ exit: { exitCode: 3 } }), ['own-exit', 'program', 'certain']],
];

describe('rules', () => {
  it.each(CASES)('%s', (_, one, expected) => {
    expect(said(one)).toEqual(expected);
  });

  it('each is reached, gives only causes it names, and has a name of its own', () => {
    const reached = new Set(CASES.map(([, one]) => judge(one).verdict.rule));
    expect(RULES.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual([]);
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const [, one] of CASES) {
      const { rule, cause } = judge(one).verdict;
      expect(RULES.find(({ name }) => name === rule)?.gives).toContain(cause);
    }
  });

  it('docs/rules.md is the same table', () => {
    expect(readFileSync('docs/rules.md', 'utf8')).toBe(rulesDocument());
  });
});

const anyKill = fc
  .record({ pid: fc.constantFrom(100, 5), beforeUs: fc.constantFrom(0, SECOND, 4 * SECOND, 8 * SECOND, 40 * SECOND), headless: fc.boolean(), trust: fc.constantFrom('kernel' as const, 'text' as const), groupKill: fc.boolean(), seen: fc.boolean(), level: fc.constantFrom('container' as const, 'pod' as const, 'node' as const) })
  .map(({ headless, level, ...more }) => kill({ ...more, level, ...(level === 'node' ? { scope: 'global' as const, limitCgroup: null } : {}), ...(headless ? { ...HEADLESS, ...(more.pid === 100 ? {} : { containerId: id('app') }) } : {}) }));
const anyCase = fc
  .record({
    kills: fc.array(anyKill, { maxLength: 2 }),
    exitCode: fc.constantFrom(137, 137, 137, 255, 1, 143, 139),
    initPid: fc.constantFrom(100, 100, null),
    memoryLimitBytes: fc.constantFrom(5e7, null),
    kernelLog: fc.constantFrom<KernelLogView>(PROVEN, { ...PROVEN, state: 'presumed' }, { ...PROVEN, state: 'waiting' }, BLIND),
    ledger: fc.constantFrom(NO_LEDGER, ledger('unchanged'), ledger('agrees', 1, 1), ledger('agrees', 1, 1, false), ledger('ahead', 2, 1), ledger('behind', 1, 1)),
    cgroup: fc.constantFrom(NOT_COUNTED, NOT_COUNTED, cgroup(0), cgroup(0, null, { whole: false }), cgroup(1, at('container', cgroupOf('app'))), cgroup(3, at('pod', podPath()), { of: 'pod' }), cgroup(1), cgroup(1, at('node'))),
    nameless: fc.constantFrom(null, kill({ ...HEADLESS, pid: 7 })),
    startedUs: fc.constantFrom(T0 - 60 * SECOND, null),
    settled: fc.boolean(),
  })
  // The kernel counts before it kills: a record of its own beside a count that stood still cannot be.
  .map((one) => (one.ledger.state === 'unchanged' && one.kills.some(({ trust }) => trust === 'kernel') ? { ...one, ledger: NO_LEDGER } : one))
  .map((one) => (one.cgroup.state === 'none' && one.kills.some(({ trust }) => trust === 'kernel') ? { ...one, cgroup: NOT_COUNTED } : one))
  .map((one) => (one.cgroup.state === 'some' && one.ledger.state === 'unchanged' ? { ...one, cgroup: NOT_COUNTED } : one))
  .map(({ exitCode, initPid, memoryLimitBytes, kills, ...more }) => made({ ...more, kills: kills.map((one, at) => ({ ...one, id: `oom-${at}` })), exit: { exitCode, initPid, memoryLimitBytes } }));

const rank = (confidence: Confidence): number => -CONFIDENCES.indexOf(confidence);

/** Less to go by: the witness gone, or one that could be anybody. */
const WEAKER: readonly (readonly [string, (one: Case) => Case])[] = [
  ['kills of a text log', (one) => ({ ...one, kills: one.kills.map((kill) => ({ ...kill, trust: 'text' })) })],
  ["PID 1's pid not known", (one) => ({ ...one, exit: { ...one.exit, initPid: null } })],
  ['no kernel log', (one) => ({ ...one, kernelLog: BLIND })],
  ['no count', (one) => ({ ...one, ledger: NO_LEDGER })],
  ['no count of its cgroup', (one) => ({ ...one, cgroup: NOT_COUNTED })],
  ['no times', (one) => ({ ...one, kills: one.kills.map((kill) => ({ ...kill, time: null })) })],
  ['kills not seen to their end', (one) => ({ ...one, kills: one.kills.map((kill) => ({ ...kill, victim: { ...kill.victim, totalVmBytes: null } })) })],
  ['its limit not known', (one) => ({ ...one, exit: { ...one.exit, memoryLimitBytes: null } })],
];

describe('whatever is known', () => {
  it('a verdict is a verdict, and there always is one', () => {
    fc.assert(fc.property(anyCase, (one) => {
      const { verdict } = judge(one);
      verdictSchema.parse(verdict);
      expect(verdict.summary).not.toBe('');
      expect(verdict.evidence.length).toBeGreaterThan(0);
    }), { numRuns: 500 });
  });

  it.each(WEAKER)('less of it never makes the same answer surer: %s', (_, weaken) => {
    fc.assert(fc.property(anyCase, (one) => {
      const [more, less] = [judge(one).verdict, judge(weaken(one)).verdict];
      if (more.cause === less.cause) expect(rank(less.confidence)).toBeLessThanOrEqual(rank(more.confidence));
    }), { numRuns: 500 });
  });

  it('certain is an OOM kill only by identity and by the kernel’s own word', () => {
    fc.assert(fc.property(anyCase, (one) => {
      const { verdict } = judge(one);
      if (verdict.confidence !== 'certain' || verdict.cause === 'program') return;
      if (verdict.cause === 'not-oom') {
        const { ledger: count, kernelLog, cgroup: own } = one;
        expect(count.state === 'unchanged' || (own.state === 'none' && own.whole) || (count.state === 'agrees' && count.exact && kernelLog.state === 'proven')).toBe(true);
        return;
      }
      expect(one.exit.initPid).toBe(100);
      expect(one.kills.some((kill) => kill.trust === 'kernel' && (kill.victim.pid === 100 || kill.groupKill))).toBe(true);
      expect(verdict.victimRole).not.toBe('child');
    }), { numRuns: 1_000 });
  });

  it('is not changed by when it is asked, once settled', () => {
    fc.assert(fc.property(anyCase, (one) => {
      const asked = (settled: boolean) => ({ ...judge({ ...one, settled }).verdict, final: null });
      expect(asked(true)).toEqual(asked(false));
    }));
  });
});

it.each([
  ['OOMKilled', 'container-limit-oom', 137, true],
  ['OOMKilled', 'pod-limit-oom', 137, true],
  ['OOMKilled', 'cgroup-limit-oom', 137, true],
  ['OOMKilled', 'node-allocatable-oom', 137, true],
  ['OOMKilled', 'node-oom', 137, false],
  ['OOMKilled', 'numa-oom', 137, false],
  ['OOMKilled', 'not-oom', 137, false],
  ['OOMKilled', 'program', 1, false],
  ['OOMKilled', 'unknown', 137, null],
  ['Error', 'container-limit-oom', 137, false],
  ['Error', 'node-oom', 137, null],
  ['Error', 'not-oom', 137, true],
  ['Error', 'program', 1, true],
  ['Completed', 'program', 0, true],
  ['Completed', 'program', 1, false],
  ['ContainerCannotRun', 'program', 127, null],
  [null, 'container-limit-oom', 137, null],
] as const)('runtimeAgrees: %s, %s, %s → %s', (reason, cause, code, agrees) => {
  expect(runtimeAgrees(reason, cause, code)).toBe(agrees);
});
