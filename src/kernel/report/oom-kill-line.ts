import type { Scope } from '../../model/oom-kill.ts';
import type { OomKillLine } from './said.ts';

/**
 * `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=…,mems_allowed=0,oom_memcg=/B,task_memcg=/A,task=dd,
 * pid=483,uid=0` (5.0, and RHEL 8's 4.18; mm/oom_kill.c dump_oom_victim). `global_oom` stands in place of `oom_memcg=`
 * where no memcg ran out; kernels without memcg print neither.
 */
const START = /^oom-kill:constraint=(\w+)/;
const TAIL = /,pid=(\d+),uid=(\d+)\s*$/;
const TASK = ',task=';
/** The kernel's limit for a name, in bytes without the final NUL (TASK_COMM_LEN - 1). */
const COMM_BYTES = 15;

const SCOPES: Readonly<Record<string, Scope>> = {
  CONSTRAINT_NONE: 'global',
  CONSTRAINT_MEMCG: 'memcg',
  CONSTRAINT_CPUSET: 'cpuset',
  CONSTRAINT_MEMORY_POLICY: 'mempolicy',
};

export function readOomKill(text: string): OomKillLine | null {
  const start = START.exec(text);
  if (!start) return null;
  const tail = TAIL.exec(text);
  const body = tail ? text.slice(0, tail.index) : text;
  const task = taskAt(body);
  const comm = task === null ? null : body.slice(task + TASK.length);
  const cgroups = cgroupsIn(task === null ? body : body.slice(0, task));
  // A memcg named behind a constraint other than CONSTRAINT_MEMCG is one that ran out all the same (5.2 printed so).
  const scope = cgroups.oomMemcg !== null ? 'memcg' : (SCOPES[start[1] ?? ''] ?? 'unknown');
  return {
    kind: 'oom-kill',
    scope,
    ...cgroups,
    comm: tail ? comm : null,
    pid: tail ? Number(tail[1]) : null,
    uid: tail ? Number(tail[2]) : null,
  };
}

/** Torn: by the length limit of a record (before `pid=`) or by a newline in the name. */
export function isTornOomKill(text: string): boolean {
  return START.test(text) && !TAIL.test(text);
}

/** Where `,task=NAME` begins: the leftmost place that leaves a name no longer than the kernel allows. */
function taskAt(body: string): number | null {
  let found: number | null = null;
  for (let at = body.lastIndexOf(TASK); at >= 0; at = body.lastIndexOf(TASK, at - 1)) {
    if (commBytes(body.slice(at + TASK.length)) > COMM_BYTES && found !== null) break;
    found = at;
    if (at === 0) break;
  }
  return found;
}

/** A byte that was not UTF-8 was one byte, whatever its replacement takes. */
function commBytes(comm: string): number {
  return Buffer.byteLength(comm.replaceAll('\uFFFD', '?'));
}

/**
 * The two cgroups: absolute paths, which `cpuset=` before them (one segment, of any name) cannot hold. Their own names
 * may hold `,task_memcg=`, but the limit's cgroup is the victim's own or one above it, which leaves one reading.
 */
function cgroupsIn(text: string): { oomMemcg: string | null; taskMemcg: string | null } {
  const oomAt = text.indexOf(',oom_memcg=/');
  const globalAt = text.indexOf(',task_memcg=/');
  if (oomAt < 0 || (globalAt >= 0 && globalAt < oomAt)) {
    return { oomMemcg: null, taskMemcg: globalAt < 0 ? null : text.slice(globalAt + 12) };
  }
  const rest = text.slice(oomAt + 11);
  let fallback: { oomMemcg: string | null; taskMemcg: string | null } = { oomMemcg: rest, taskMemcg: null };
  for (let at = rest.indexOf(',task_memcg='); at >= 0; at = rest.indexOf(',task_memcg=', at + 1)) {
    const oomMemcg = rest.slice(0, at);
    const taskMemcg = rest.slice(at + 12);
    if (taskMemcg === oomMemcg || oomMemcg === '/' || taskMemcg.startsWith(`${oomMemcg}/`)) return { oomMemcg, taskMemcg };
    if (fallback.taskMemcg === null) fallback = { oomMemcg, taskMemcg: taskMemcg === '' ? null : taskMemcg };
  }
  return fallback;
}
