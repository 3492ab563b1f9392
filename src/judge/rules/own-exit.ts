import { signalNameOf } from '../../exit-codes/explain-exit-code.ts';
import type { Case } from '../case.ts';
import { isAskingSignal, isNeverStarted, isStatusLost } from '../exit-status.ts';
import type { JoinedKill } from '../joined-kill.ts';
import type { Rule } from '../judgement.ts';
import { faultOf } from '../fault.ts';
import { printable } from '../printable.ts';
import { killEvidence, sayBefore, sayVictim } from '../say.ts';
import { killsRuledOut } from './kernel-kill.ts';

const MAX_FAULT = 120;

export const statusLost: Rule = {
  name: 'status-lost',
  when: 'the status is 255 or negative, as runtimes report when they lost it, or when a program returned it; or the reason is ContainerStatusUnknown',
  gives: ['unknown'],
  reaches: 'possible',
  why: 'After a reboot or the death of a shim the runtime fills in a status, kubelet one of 137; a program can also return 255 itself.',
  judge(one, kills) {
    if (!isStatusLost(one.exit)) return null;
    return {
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: status ${String(one.exit.exitCode)} is ${one.exit.runtimeReason === 'ContainerStatusUnknown' ? 'what kubelet fills in for a container that it found no more' : 'what a program may return, and what a runtime reports when it lost the true one'}`,
      victimRole: null,
      decisive: one.settled,
      evidence: kills.flatMap((joined) => killEvidence(joined, 'context')),
      ruledOut: killsRuledOut(kills),
    };
  },
};

export const neverStarted: Rule = {
  name: 'never-started',
  when: 'the runtime says that it could not start it (StartError, ContainerCannotRun)',
  gives: ['unknown'],
  reaches: 'possible',
  why: 'The status is the runtime\'s then: no program ran that could have returned it.',
  judge(one, kills) {
    const { exitCode, runtimeReason } = one.exit;
    if (!isNeverStarted(one.exit)) return null;
    return {
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: the runtime could not start it (${String(runtimeReason)}, ${String(exitCode)}); its own message says why`,
      victimRole: null,
      decisive: one.settled,
      evidence: kills.flatMap((joined) => killEvidence(joined, 'context')),
      ruledOut: killsRuledOut(kills),
    };
  },
};

export const askedToEnd: Rule = {
  name: 'other-signal',
  when: 'the status is 128+n of a signal that others send (SIGTERM, SIGINT, SIGHUP …)',
  gives: ['unknown'],
  reaches: 'possible',
  why: 'Somebody asked it to end, or it returned that status itself; no witness here tells which.',
  judge(one, kills) {
    const signal = signalNameOf(one.exit.exitCode);
    if (signal === null || !isAskingSignal(one.exit)) return null;
    return {
      cause: 'unknown',
      confidence: 'possible',
      summary: `ended by ${signal} (${String(one.exit.exitCode)}): somebody asked it to end, or it returned that status itself; which is not known${childNote(kills)}`,
      victimRole: null,
      decisive: one.settled,
      evidence: kills.flatMap((joined) => killEvidence(joined, 'context')),
      ruledOut: killsRuledOut(kills),
    };
  },
};

export const ownExit: Rule = {
  name: 'own-exit',
  when: 'any other status: the program returned it, or crashed by a signal of its own making (SIGSEGV, SIGABRT …); the kernel\'s word on a fault is named',
  gives: ['program'],
  reaches: 'certain for 1 to 127 (exit statuses no signal makes), and for a signal that the kernel says it sent PID 1 for a fault of its own; likely for other signals',
  why: "A process that ends by itself has its own status. A child's OOM kill may explain it and is named.",
  judge(one, kills) {
    const { exitCode } = one.exit;
    const signal = signalNameOf(exitCode);
    const fault = signal === null ? null : faultOf(one, signal);
    const crash = fault?.certain === true ? `the program crashed with ${String(signal)} (${String(exitCode)}): ${printable(fault.fact.text).slice(0, MAX_FAULT)}` : `the program crashed with ${String(signal)} (${String(exitCode)})`;
    return {
      cause: 'program',
      confidence: exitCode < 128 || fault?.certain === true ? 'certain' : 'likely',
      summary: `${signal === null ? `the program ended itself with status ${String(exitCode)}` : crash}${childNote(kills)}`,
      facts: [fault?.fact ?? null],
      victimRole: null,
      decisive: isDecisive(one),
      evidence: kills.flatMap((joined) => killEvidence(joined, 'context')),
      ruledOut: killsRuledOut(kills),
    };
  },
};

/** The cause stands; whether a child was killed before is known once the kernel's word is in. */
function isDecisive(one: Case): boolean {
  return one.settled || one.kernelLog.state === 'proven' || one.ledger.state === 'unchanged';
}

/** How long before tells whether the program may have ended for it: a moment, or hours. */
function childNote(kills: readonly JoinedKill[]): string {
  const last = kills.at(-1);
  if (!last) return '';
  const count = kills.length === 1 ? 'a process' : `${String(kills.length)} processes`;
  const when = last.beforeExitUs === null ? '' : `, ${sayBefore(Math.max(0, last.beforeExitUs))}`;
  return `; ${count} inside it had been OOM-killed before (last ${sayVictim(last.kill)}${when})`;
}
