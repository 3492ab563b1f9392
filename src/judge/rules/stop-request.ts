import { MINUTE } from '../../lib/time.ts';
import type { Cause, Confidence } from '../../model/cause.ts';
import type { Case } from '../case.ts';
import { untoldKills } from '../cgroup-count.ts';
import { signalNameOf } from '../../exit-codes/explain-exit-code.ts';
import { isAskingSignal, isSigkill } from '../exit-status.ts';
import type { JoinedKill } from '../joined-kill.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { sayGrace, sayStop } from '../say-witness.ts';
import { stopBefore, stopDueAt, stopsOf, type Stop } from '../stop.ts';
import { killsRuledOut } from './kernel-kill.ts';

export const STOP_CAUSES: readonly Cause[] = ['liveness-probe', 'startup-probe', 'eviction', 'preemption', 'node-shutdown', 'pod-deletion', 'runtime-stop'];

/** A kill inside so long before may have to do with it after all. */
const KILL_NEAR_US = MINUTE;

export const graceOver: Rule = {
  name: 'grace-period-over',
  when: 'the exit is 137, an end of this container had been asked for (by kubelet, or of the runtime), and it came when the grace period was over: not before, and at most a minute after (5 minutes, where the runtime says that it sends SIGKILL now)',
  gives: STOP_CAUSES,
  reaches: "certain, if journald proves who wrote it, the request names the container, kubelet tells why, it came within 15 s, and nothing speaks of an OOM kill; likely otherwise",
  why: 'kubelet and runtimes say whom they stop and how long they wait. An end at that moment, and not before it, is their SIGKILL; one before it is somebody else\'s, or its own.',
  judge(one, kills) {
    if (!isSigkill(one.exit)) return null;
    const due = stopDueAt(one, stopsOf(one));
    if (due === null) return null;
    const { stop, exact } = due;
    const grace = sayGrace(stop);
    const end = grace === null ? sayKill(stop) : grace === '0 ms' ? 'it was killed at once' : `it was killed when its grace period of ${grace} was over`;
    return { ...stopped(one, kills, stop, exact && stop.cause !== null ? sure(one, kills, stop) : 'likely'), summary: `${sayStop(stop)}; ${end}` };
  },
};

/** SIGKILL that no grace period was told of. */
function sayKill({ request }: Stop): string {
  const isKubelets = request?.kind === 'stop-request' && request.by === 'kubelet';
  return isKubelets ? "kubelet removed the pod's cgroup and killed what was left in it" : 'the runtime sent SIGKILL';
}

export const askedToEndBy: Rule = {
  name: 'stop-requested-signal',
  when: 'the status is 128+n of a signal that others send (SIGTERM, SIGINT, SIGQUIT …), and an end of this container had been asked for, by that signal where one is told, whose grace period was not over (where none is told: at most 5 minutes before)',
  gives: STOP_CAUSES,
  reaches: 'likely: the program may have returned that status by itself',
  why: 'A stop begins with the signal that the image names, most often SIGTERM: who ends by it at once, ends by the stop.',
  judge(one, kills) {
    if (!isAskingSignal(one.exit)) return null;
    const signal = signalNameOf(one.exit.exitCode);
    const stop = stopBefore(one, stopsOf(one), signal);
    if (stop === null) return null;
    return { ...stopped(one, kills, stop, 'likely'), summary: `${sayStop(stop)}, and it ended by ${String(signal)} as it was asked to` };
  },
};

export const reasonAlone: Rule = {
  name: 'stop-reason-alone',
  when: 'the exit is 137, kubelet tells that it evicted or preempted the pod, but not when and with what grace period (it logs that from -v=2 on), at most 15 s after the end, and the kernel log was read without a gap',
  gives: ['eviction', 'preemption'],
  reaches: 'likely: whether the grace period was over is not known',
  why: 'kubelet ended the pod, the kernel killed nobody in it, and it ended by SIGKILL.',
  judge(one, kills) {
    const stop = stopsOf(one).find(({ request }) => request === null);
    if (!isSigkill(one.exit) || !stop || !wasNoKill(one)) return null;
    return { ...stopped(one, kills, stop, 'likely'), summary: `${sayStop(stop)}, and kubelet ended it` };
  },
};

function stopped(one: Case, kills: readonly JoinedKill[], stop: Stop, confidence: Confidence): Omit<Judgement, 'summary'> {
  return {
    cause: stop.cause ?? 'runtime-stop',
    confidence,
    victimRole: null,
    decisive: confidence === 'certain' || one.settled,
    evidence: [],
    facts: [stop.request, stop.reason],
    ruledOut: killsRuledOut(kills),
  };
}

function sure(one: Case, kills: readonly JoinedKill[], stop: Stop): Confidence {
  const near = kills.some(({ beforeExitUs }) => beforeExitUs === null || beforeExitUs <= KILL_NEAR_US);
  return stop.proven && stop.request?.about.containerId != null && wasNoKill(one) && !near && one.startedUs !== null ? 'certain' : 'likely';
}

/** The kernel's log was read over the moment, or its count did not move: the node's, or that of the cgroup. */
function wasNoKill(one: Case): boolean {
  const { kernelLog, ledger, nameless, cgroup } = one;
  if (untoldKills(one) > 0) return false;
  return ledger.state === 'unchanged' || (cgroup.state === 'none' && cgroup.whole) || (kernelLog.state === 'proven' && ledger.state !== 'ahead' && nameless === null);
}
