import { formatTime, parseTime, type Micros } from '../../lib/time.ts';
import type { Container, ContainerExit } from '../../model/container-exit.ts';
import { momentOf } from './identity.ts';
import type { Inspect } from './messages.ts';

/** One start of a container and what came of it. */
export interface Life {
  container: Container;
  startedUs: Micros | null;
  /** Its end was told, or is known not to be had. */
  ended: boolean;
  /** How it ended, where that was told. */
  end: { readonly us: Micros; readonly exitCode: number } | null;
}

/** A container's present life and the one before: a restart keeps the id. */
export interface Entry {
  now: Life;
  before: Life | null;
  stopSignal: string | number | null;
}

/** Whether `inspect` describes a process that runs. docker calls a container that waits for its restart running. */
export function isRunning({ State }: Inspect): boolean {
  return State.Running && State.Restarting !== true;
}

/** When the life ended that `inspect` describes; null while it runs, or when it never ran. */
export function endOf(inspect: Inspect): Micros | null {
  const startedUs = momentOf(inspect.State.StartedAt);
  const finishedUs = momentOf(inspect.State.FinishedAt);
  if (isRunning(inspect) || startedUs === null || finishedUs === null) return null;
  return finishedUs >= startedUs ? finishedUs : null;
}

/**
 * The engine's word on the end, in Kubernetes' words as cri-dockerd says them: OOMKilled, Completed, Error. docker says
 * OOMKilled of a container that outlived a child's kill, too, and podman 4 of none.
 */
export function reasonOf(exitCode: number, { State }: Inspect): string {
  if (State.OOMKilled === true) return 'OOMKilled';
  // The engine could not start it: the status is its own.
  if (State.Error != null && State.Error !== '' && (exitCode === 126 || exitCode === 127 || exitCode === 128)) return 'ContainerCannotRun';
  return exitCode === 0 ? 'Completed' : 'Error';
}

export function exitOf(container: Container, exitCode: number, finishedUs: Micros, runtimeReason: string | null): ContainerExit {
  return { ...container, exitCode, finishedAt: formatTime(finishedUs), runtimeReason };
}

export function lifeOf(container: Container): Life {
  return { container, startedUs: container.startedAt === null ? null : parseTime(container.startedAt), ended: false, end: null };
}

/** The life that an event of that moment is of: the one that had started by then; null where that one is not known. */
export function lifeAt({ now, before }: Entry, at: Micros): Life | null {
  return now.startedUs !== null && now.startedUs > at ? before : now;
}
