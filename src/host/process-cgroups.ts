import { readFileSync } from 'node:fs';
import { MS, SECOND, type Micros } from '../lib/time.ts';
import type { Host } from './host.ts';

/** USER_HZ: what /proc counts in, on every architecture that Node.js runs on. */
const TICKS = 100;
/** A start is told to a tick, and two clocks are compared. */
const SLACK_US = 100 * MS;
const KTHREADD = 2;
/** Linux, include/linux/sched.h: no process of a container can have it. */
const PF_KTHREAD = 0x20_0000;
/** Of proc(5)'s fields of `stat`, those behind the name in parentheses. */
const FLAGS = 9 - 3;
const START = 22 - 3;

/** Whether the /proc that can be seen is the node's, and not a container's. */
export function seesProcesses(host: Host): boolean {
  try {
    return (Number(statOf(host, KTHREADD)[FLAGS]) & PF_KTHREAD) !== 0;
  } catch {
    return false;
  }
}

/**
 * The cgroup of a process of the node, from its /proc: as this process sees it, which may be from its own cgroup on. Null
 * where the process is gone, where its pid is another's by now, and where the /proc that can be seen is not the node's.
 */
export function processCgroups(host: Host): (pid: number, at: Micros) => string | null {
  let isNodes: boolean | null = null;

  function startedUs(pid: number): Micros {
    const ago = Number(read(host, 'uptime').split(' ')[0]) - Number(statOf(host, pid)[START]) / TICKS;
    return host.clock.now() - ago * SECOND;
  }

  return (pid, at) => {
    isNodes ??= seesProcesses(host);
    if (!isNodes) return null;
    try {
      return startedUs(pid) <= at + SLACK_US ? pathOf(read(host, `${String(pid)}/cgroup`)) : null;
    } catch {
      // It is gone.
      return null;
    }
  };
}

function read(host: Host, path: string): string {
  return readFileSync(host.path(`/proc/${path}`), 'latin1');
}

/** What stands behind the name, which may have parentheses and spaces of its own. */
function statOf(host: Host, pid: number): readonly string[] {
  const text = read(host, `${String(pid)}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Of cgroup v1's hierarchies the first in which it is not in the root; v2 has one. */
function pathOf(text: string): string | null {
  // Above this process's own cgroup, where that is its namespace's root: `/../../system.slice/cron.service`.
  const paths = text.split('\n').flatMap((line) => /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1]?.replace(/^(?:\/\.\.)+/, '') ?? []);
  return paths.find((path) => path !== '/' && path !== '') ?? (paths.length === 0 ? null : '/');
}
