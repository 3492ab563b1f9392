import { signalNameOf } from '../../exit-codes/explain-exit-code.ts';
import type { Confidence } from '../../model/cause.ts';
import type { Case } from '../case.ts';
import { isAskingSignal, isSigkill } from '../exit-status.ts';
import type { Judgement, Rule } from '../judgement.ts';
import { isOomKiller, isRuntime, signalTo, SIGTERM_US, userspaceKillOf, type Reached, type SignalSent } from '../killer.ts';
import { sayReason, saySender } from '../say-killer.ts';
import { stopBefore, stopsOf } from '../stop.ts';
import { killsRuledOut } from './kernel-kill.ts';

type Kills = Parameters<Rule['judge']>[1];

function found(one: Case, kills: Kills, confidence: Confidence, rest: Pick<Judgement, 'cause' | 'summary' | 'facts'> & Partial<Judgement>): Judgement {
  return { victimRole: null, evidence: [], ruledOut: killsRuledOut(kills), ...rest, confidence, decisive: confidence === 'certain' || one.settled };
}

export const userspaceOom: Rule = {
  name: 'userspace-oom',
  when: 'the exit is 137, and systemd-oomd, earlyoom, nohang or oomd says that it sent SIGKILL to PID 1 (by its host pid) or killed the whole cgroup, at most 30 s before; or audit names one of them as the sender',
  gives: ['userspace-oom'],
  reaches: "certain, if journald proves who wrote it and PID 1 lived then; likely from a text log, from nohang (which prints other programs' command lines as they are) and from what oomd writes to /dev/kmsg",
  why: 'Such a killer says whom it kills and why. It acts before the kernel has to, so that the kernel log holds nothing.',
  judge(one, kills) {
    if (!isSigkill(one.exit)) return null;
    const said = userspaceKillOf(one, ['SIGKILL']);
    if (said !== null) {
      const { fact, confidence } = said;
      const whole = fact.about.pid === null ? ', with its whole cgroup' : '';
      return found(one, kills, confidence, { cause: 'userspace-oom', victimRole: fact.about.pid === null ? 'group' : 'pid1', summary: `killed by ${fact.by}${whole}${sayReason(fact)}`, facts: [fact] });
    }
    const sent = sigkillTo(one);
    if (sent === null || !isOomKiller(sent.fact.sender)) return null;
    return found(one, kills, 'likely', { cause: 'userspace-oom', victimRole: 'pid1', summary: `killed by ${saySender(sent.fact.sender)}, a userspace OOM killer, by the word of audit`, facts: [sent.fact] });
  },
};

export const userspaceTerm: Rule = {
  name: 'userspace-oom-term',
  when: 'the status is that of SIGTERM (143), and earlyoom or nohang says that it sent SIGTERM to PID 1 at most 15 s before',
  gives: ['userspace-oom'],
  reaches: 'certain, if journald proves who wrote it, PID 1 lived then, and nobody else had asked it to end; likely otherwise',
  why: 'These killers ask first. Who ends by that very signal ends by them, unless it was asked to by another, too.',
  judge(one, kills) {
    if (signalNameOf(one.exit.exitCode) !== 'SIGTERM') return null;
    const said = userspaceKillOf(one, ['SIGTERM']);
    if (said === null) return null;
    const { fact } = said;
    const confidence = stopBefore(one, stopsOf(one), 'SIGTERM') === null ? said.confidence : 'likely';
    return found(one, kills, confidence, { cause: 'userspace-oom', victimRole: 'pid1', summary: `ended by SIGTERM that ${fact.by} sent it${sayReason(fact)}`, facts: [fact] });
  },
};

export const externalSigkill: Rule = {
  name: 'audit-sigkill',
  when: 'the exit is 137, and audit recorded that another process sent SIGKILL to PID 1 (by its host pid), at most 30 s before, and not from within its own namespace; neither a container runtime nor kubelet. Or systemd says that it killed PID 1, because the unit did not stop in time',
  gives: ['external-sigkill'],
  reaches: "certain, if the record came through journald or from the kernel's own log, PID 1 lived then, and the sender named it as the host does; likely from auditd's file and other text logs, or where the sender was in another namespace; possible where it used a pidfd, which may have been one of the container's own",
  why: "The kernel records who sent what to whom. SIGKILL from outside cannot be refused; from within the container PID 1 does not get it, whatever the call returns.",
  judge(one, kills) {
    const sent = isSigkill(one.exit) ? sigkillTo(one) : null;
    if (sent === null || isRuntime(sent.fact.sender)) return null;
    return found(one, kills, sent.confidence, { cause: 'external-sigkill', victimRole: null, summary: `SIGKILL was sent by ${saySender(sent.fact.sender)}`, facts: [sent.fact] });
  },
};

export const runtimeSigkill: Rule = {
  name: 'audit-runtime-sigkill',
  when: 'the exit is 137, audit recorded that a container runtime or kubelet sent SIGKILL to PID 1, and nobody told why',
  gives: ['runtime-stop'],
  reaches: 'likely: a runtime acts on a request, whose is not known',
  why: 'runc, a shim or kubelet kill because they are asked to: who asked is told by their own logs, not by audit.',
  judge(one, kills) {
    const sent = isSigkill(one.exit) ? sigkillTo(one) : null;
    if (sent === null || !isRuntime(sent.fact.sender)) return null;
    return found(one, kills, 'likely', { cause: 'runtime-stop', summary: `the runtime sent it SIGKILL (${saySender(sent.fact.sender)}); who asked for that is not known`, facts: [sent.fact] });
  },
};

export const externalSignal: Rule = {
  name: 'audit-signal',
  when: 'the status is 128+n of a signal that others send (SIGTERM, SIGINT …), audit recorded that a process sent that signal to PID 1 (by its host pid) at most 15 s before, and nobody told why',
  gives: ['external-sigkill', 'runtime-stop', 'userspace-oom'],
  reaches: 'likely: a PID 1 ends by such a signal only because it chose to, and may have returned that status by itself',
  why: 'Who asks by a signal, and gets an end by that very signal, most likely ended it. A runtime as the sender acts on a request, a userspace OOM killer for want of memory.',
  judge(one, kills) {
    const signal = signalNameOf(one.exit.exitCode);
    const sent = signal === null || !isAskingSignal(one.exit) ? null : signalTo(one, signal, SIGTERM_US);
    if (sent === null) return null;
    const { sender } = sent.fact;
    const cause = isRuntime(sender) ? 'runtime-stop' : isOomKiller(sender) ? 'userspace-oom' : 'external-sigkill';
    const confidence = sent.confidence === 'certain' ? 'likely' : sent.confidence;
    return found(one, kills, confidence, { cause, summary: `${saySender(sender)} sent it ${sent.signal}, and it ended by that signal`, facts: [sent.fact] });
  },
};

function sigkillTo(one: Case): Reached<SignalSent> | null {
  return signalTo(one, 'SIGKILL');
}
