import { formatTime, MS, SECOND, type Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill, Trust } from '../model/oom-kill.ts';
import { exitKeys, killKeys } from './join-keys.ts';
import type { KillEntry } from './kill-entry.ts';

/** Clocks of two witnesses of one node, and the stamps of text logs, differ by so much. */
const SLACK_US: Readonly<Record<Trust, Micros>> = { kernel: 250 * MS, text: 2 * SECOND };
/** The same after an exit. */
const LATE_SLACK_US = 2 * SECOND;
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
  /** By how much the wall clock had been set, all in all, when its end was heard of. */
  readonly shiftUs: Micros;
}

/** Whether a kill is of this container: by container id, by its cgroup, or by PID 1's host pid. Never by time alone. */
export function belongs(entry: KillEntry, life: Life): boolean {
  const otherwise = byLaterClock(entry, life);
  return isOf(entry, entry.atUs, life) || (otherwise !== null && isOf(entry, otherwise, life));
}

/** By how much a kill lies outside of a life: of two with the same PID 1, it is the nearer one's. */
export function outside({ atUs }: KillEntry, { startedUs, finishedUs }: Life): Micros {
  return atUs === null ? 0 : Math.max(0, (startedUs ?? -Infinity) - atUs, atUs - finishedUs);
}

/** The kill with its time by the clock of the exit, where that was set between the two. */
export function byClockOf(life: Life, entry: KillEntry, kill: OomKill): OomKill {
  const otherwise = byLaterClock(entry, life);
  if (otherwise === null || entry.atUs === null) return kill;
  const isNearer = Math.abs(otherwise - life.finishedUs) < Math.abs(entry.atUs - life.finishedUs);
  return isNearer ? { ...kill, time: formatTime(otherwise) } : kill;
}

function byLaterClock({ atUs, shiftUs }: KillEntry, life: Life): Micros | null {
  return atUs === null || life.shiftUs === shiftUs ? null : atUs + life.shiftUs - shiftUs;
}

function isOf(entry: KillEntry, atUs: Micros | null, { exit, startedUs, finishedUs, nextStartUs }: Life): boolean {
  const { kill } = entry;
  const isInit = exit.initPid !== null && kill.victim.pid === exit.initPid;
  const named = new Set(killKeys(kill).filter((key) => !key.startsWith('pid ')));
  const isNamed = exitKeys(exit).some((key) => named.has(key));
  // Container and PID 1 both agree: no clock can say otherwise.
  if (isNamed && isInit) return true;
  if (atUs !== null && atUs > finishedUs + LATE_US) return false;
  if (atUs !== null && startedUs !== null && atUs < startedUs - SLACK_US[kill.trust]) return false;
  if (!isInit && atUs !== null && nextStartUs !== null && atUs > nextStartUs) return false;
  if (isNamed) return true;
  // Another container's, by the kernel's own word. What only a text says of the cgroup takes nobody's kill away.
  if (!entry.bare && isOfAnother(kill, exit)) return false;
  return isInit && (atUs === null || (atUs >= finishedUs - PID_WINDOW_US && atUs <= finishedUs + LATE_SLACK_US));
}

function isOfAnother({ containerId, podUid }: OomKill, exit: ContainerExit): boolean {
  return containerId !== null || (podUid !== null && exit.podUid !== null && exit.podUid !== podUid);
}
