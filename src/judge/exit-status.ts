import { signalNameOf } from '../exit-codes/explain-exit-code.ts';
import type { ContainerExit } from '../model/container-exit.ts';

type Status = Pick<ContainerExit, 'exitCode' | 'runtimeReason'>;

/** kubelet's word for a container that it found no more: the 137 beside it is kubelet's own invention. */
const LOST = 'ContainerStatusUnknown';
/** The runtime could not start it: the status is the runtime's, not the program's. */
const NOT_STARTED: ReadonlySet<string | null> = new Set(['StartError', 'ContainerCannotRun', 'CreateContainerError']);

export function isSigkill({ exitCode, runtimeReason }: Status): boolean {
  return exitCode === 137 && runtimeReason !== LOST;
}

export function isStatusLost({ exitCode, runtimeReason }: Status): boolean {
  return exitCode === 255 || exitCode < 0 || runtimeReason === LOST;
}

export function isNeverStarted({ exitCode, runtimeReason }: Status): boolean {
  return exitCode !== 0 && exitCode !== 137 && NOT_STARTED.has(runtimeReason);
}

/** Signals that a program's own fault or its own abort() sends. */
const OWN_SIGNALS: ReadonlySet<string> = new Set(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS']);

/** The status of a signal by which others ask for an end. */
export function isAskingSignal({ exitCode }: Pick<ContainerExit, 'exitCode'>): boolean {
  const signal = signalNameOf(exitCode);
  return signal !== null && signal !== 'SIGKILL' && !OWN_SIGNALS.has(signal);
}
