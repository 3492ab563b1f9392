import { SECOND, type Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import { exitKeys, killKeys } from './join-keys.ts';
import type { KillEntry } from './kill-book.ts';

/** Clocks of two witnesses of one node, and the stamps of text logs, differ by so much. */
const SLACK_US = 2 * SECOND;
const LATE_US = 10 * SECOND;
/** A kill that is joined by PID 1's pid alone must lie this near before the exit: pids are used again. */
const PID_WINDOW_US = 60 * SECOND;

/** One life of a container: an id may live more than once (docker restart, ctr). */
export interface Life {
  readonly exit: ContainerExit;
  readonly startedUs: Micros | null;
  readonly finishedUs: Micros;
  /** When the same id started again, where it has. */
  readonly nextStartUs: Micros | null;
}

/** Whether a kill is of this container: by container id, by its cgroup, or by PID 1's host pid. Never by time alone. */
export function belongs({ kill, atUs }: KillEntry, { exit, startedUs, finishedUs, nextStartUs }: Life): boolean {
  if (atUs !== null && atUs > finishedUs + LATE_US) return false;
  if (atUs !== null && startedUs !== null && atUs < startedUs - SLACK_US) return false;
  const isInit = exit.initPid !== null && kill.victim.pid === exit.initPid;
  if (!isInit && atUs !== null && nextStartUs !== null && atUs > nextStartUs) return false;
  const named = new Set(killKeys(kill).filter((key) => !key.startsWith('pid ')));
  if (exitKeys(exit).some((key) => named.has(key))) return true;
  if (kill.containerId !== null || kill.victimCgroup !== null) return false;
  return isInit && (atUs === null || (atUs >= finishedUs - PID_WINDOW_US && atUs <= finishedUs + SLACK_US));
}
