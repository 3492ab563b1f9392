import { SECOND, type Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { KillEntry } from './kill-book.ts';

/** Clocks of two witnesses of one node, and the stamps of text logs, differ by so much. */
const SLACK_US = 2 * SECOND;
const LATE_US = 10 * SECOND;
/** A kill that is joined by PID 1's pid alone must lie this near before the exit: pids are used again. */
const PID_WINDOW_US = 60 * SECOND;

/** Whether a kill is of this container: by container id, by its cgroup, or by PID 1's host pid. Never by time alone. */
export function belongs({ kill, atUs }: KillEntry, exit: ContainerExit, startedUs: Micros | null, finishedUs: Micros): boolean {
  if (atUs !== null && atUs > finishedUs + LATE_US) return false;
  // An id may run more than once (docker restart, ctr).
  if (atUs !== null && startedUs !== null && atUs < startedUs - SLACK_US) return false;
  if (kill.containerId === exit.containerId) return true;
  if (inCgroup(kill.victimCgroup, exit.cgroup)) return true;
  if (kill.containerId !== null || kill.victimCgroup !== null) return false;
  return exit.initPid !== null && kill.victim.pid === exit.initPid && (atUs === null || atUs >= finishedUs - PID_WINDOW_US);
}

/** The victim's cgroup is the container's or lies in it; a systemd triple (`slice:prefix:name`) names a scope. */
export function inCgroup(victim: string | null, container: string | null): boolean {
  if (victim === null || container === null || container === '' || container === '/') return false;
  const triple = /^([^/:]+):([^/:]*):([^/:]+)$/.exec(container);
  if (triple) {
    const scope = `${triple[2] === '' ? '' : `${triple[2] ?? ''}-`}${triple[3] ?? ''}.scope`;
    return victim.split('/').includes(scope) || victim.split('/').includes(container);
  }
  return victim === container || victim.startsWith(`${container}/`);
}
