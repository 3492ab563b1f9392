import { readExiting, readKill, readKilled } from './killed-line.ts';
import { readOomKill } from './oom-kill-line.ts';
import type { Said } from './said.ts';

/**
 * The kernel's words, line by line. To add a wording, add a row: `has` is a cheap test that every such line passes,
 * `read` gives what it says, or null when it is not such a line after all.
 */
interface Wording {
  readonly since: string;
  readonly has: (text: string) => boolean;
  readonly read: (text: string) => Said | null;
}

const INVOKED = / invoked oom-killer(?::([\s\S]*)|\s*)$/;
const CPU = /^CPU: ?\d+ (?:UID: ?\d+ )?PID: ?(\d+) Comm: ([\s\S]*?) (?:Kdump|Not tainted|Tainted)/;
const CPU_OLD = /^Pid: (\d+), comm: ([\s\S]*?) (?:Not tainted|Tainted)/;
const TASK_IN = /^Task in ([\s\S]*) killed as a result of limit of ?([\s\S]*)$/;
const USAGE = /^(memory\+swap|memory|swap|kmem): usage (\d+)kB, limit (\d+)kB, failcnt (\d+)/;
const STATS = /^Memory cgroup stats for ([\s\S]*?):(?: cache:| ?$|\n|$)/;
const DUMP_HEADER = /^\[ *pid *\] ([^\n]*)$/;
const DUMP_ROW = /^\[ *(\d+)\] +(\d[\s\S]*)$/;
const GROUP = /^Tasks in ([\s\S]*) are going to be killed due to memory\.oom\.group set/;

const WORDINGS: readonly Wording[] = [
  { since: '2.6.0 to today; "kill process … or a child" and "sacrifice child" before 5.0', has: (t) => t.includes('illed process') || t.includes('ill process '), read: (t) => readKilled(t) ?? readKill(t) },
  { since: '5.0', has: (t) => t.startsWith('oom-kill:'), read: readOomKill },
  { since: '2.6.11', has: (t) => t.includes(' invoked oom-killer'), read: invoked },
  { since: '3.x; "UID:" from 6.12', has: (t) => t.startsWith('CPU:'), read: (t) => cpu(CPU.exec(t)) },
  { since: '2.6.x', has: (t) => t.startsWith('Pid: '), read: (t) => cpu(CPU_OLD.exec(t)) },
  { since: '2.6.29 to 4.20', has: (t) => t.startsWith('Task in '), read: taskIn },
  { since: '2.6.29', has: (t) => t.includes(': usage '), read: usage },
  { since: '3.9', has: (t) => t.startsWith('Memory cgroup stats for '), read: (t) => named(STATS.exec(t), 'stats') },
  { since: '4.19', has: (t) => t.startsWith('Tasks in '), read: (t) => named(GROUP.exec(t), 'group') },
  { since: '2.6.27', has: (t) => t.startsWith('['), read: dump },
  { since: '2.6.x', has: (t) => t.includes('no killable processes'), read: () => ({ kind: 'no-kill', pid: null }) },
  { since: '6.x', has: (t) => t.includes(' is already exiting'), read: readExiting },
];

/** What a kernel line says of an OOM kill; null when it is about something else. */
export function readSaid(text: string): Said | null {
  for (const wording of WORDINGS) {
    const said = wording.has(text) ? wording.read(text) : null;
    if (said) return said;
  }
  return null;
}

function invoked(text: string): Said | null {
  const m = INVOKED.exec(text);
  if (!m) return null;
  const rest = m[1] ?? '';
  const value = (pattern: RegExp): string | null => pattern.exec(rest)?.[1] ?? null;
  const number = (pattern: RegExp): number | null => {
    const found = value(pattern);
    return found === null ? null : Number(found);
  };
  const comm = text.slice(0, m.index);
  return {
    kind: 'invoked',
    comm: comm.length <= 64 ? comm : null,
    gfpMask: value(/gfp_mask=([^,]*)/),
    order: number(/order=(-?\d+)/),
    oomScoreAdj: number(/oom_score_adj=(-?\d+)/),
  };
}

function cpu(m: RegExpExecArray | null): Said | null {
  return m ? { kind: 'cpu', pid: Number(m[1]), comm: m[2] ?? '' } : null;
}

function taskIn(text: string): Said | null {
  const m = TASK_IN.exec(text);
  return m ? { kind: 'task-in', victimCgroup: m[1] ?? '', limitCgroup: nonEmpty(m[2]) } : null;
}

/** An old kernel cuts a long line, perhaps before the limit's cgroup. */
function nonEmpty(text: string | undefined): string | null {
  const trimmed = text?.trimEnd() ?? '';
  return trimmed === '' ? null : trimmed;
}

function usage(text: string): Said | null {
  const m = USAGE.exec(text);
  if (!m) return null;
  const what = m[1] === 'memory' || m[1] === 'swap' || m[1] === 'kmem' ? m[1] : 'memory+swap';
  return { kind: 'usage', what, usageKb: Number(m[2]), limitKb: Number(m[3]), failcnt: Number(m[4]) };
}

function named(m: RegExpExecArray | null, kind: 'stats' | 'group'): Said | null {
  return m ? { kind, cgroup: m[1] ?? '' } : null;
}

function dump(text: string): Said | null {
  const header = DUMP_HEADER.exec(text);
  if (header) return { kind: 'dump-header', columns: (header[1] ?? '').trim().split(/ +/) };
  const row = DUMP_ROW.exec(text);
  return row ? { kind: 'dump-row', pid: Number(row[1]), cells: row[2] ?? '' } : null;
}
