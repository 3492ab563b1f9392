import type { OomKill } from '../../model/oom-kill.ts';
import type { KernelLine } from '../framing/kernel-line.ts';
import { MemoryLines } from './memory-lines.ts';
import type { KilledLine, OomKillLine, Said } from './said.ts';
import { TaskDump } from './task-dump.ts';

type Of<K extends Said['kind']> = Extract<Said, { kind: K }>;

/**
 * Limits of one report. A line that lies further from the report's first line (in bytes of log), or later than its
 * newest line (where times are known), belongs to something else. The dump of a node with tens of thousands of tasks
 * over a serial console is the largest report there is.
 */
export const MAX_REPORT_BYTES = 4 * 1024 * 1024;
export const MAX_PAUSE_US = 60_000_000;
/** Group kills follow each other at once; a later kill line without a report around it is another, rate-limited one. */
export const MAX_GROUP_PAUSE_US = 10_000_000;
const MAX_RAW_LINES = 64;

/** An OOM report while it is being read. */
export class Report {
  readonly #first: KernelLine;
  newest: KernelLine;
  invoked: Of<'invoked'> | null = null;
  invokerPid: number | null = null;
  taskIn: Of<'task-in'> | null = null;
  oomKill: OomKillLine | null = null;
  kill: Of<'kill'> | null = null;
  group: string | null = null;
  readonly usage = new Map<Of<'usage'>['what'], Of<'usage'>>();
  statsCgroup: string | null = null;
  readonly dump = new TaskDump();
  readonly memory = new MemoryLines();
  /** Lines other than the tables, for people. */
  readonly raw: string[] = [];
  readonly kills: { kill: OomKill; said: KilledLine; line: KernelLine }[] = [];

  constructor(first: KernelLine) {
    this.#first = first;
    this.newest = first;
  }

  /** Whether a line may still be this report's. */
  reaches(line: KernelLine): boolean {
    return line.at - this.#first.at <= MAX_REPORT_BYTES && !isLater(this.newest, line, MAX_PAUSE_US) && !isBefore(line, this.#first);
  }

  keep(line: KernelLine): void {
    this.newest = line;
    if (this.raw.length < MAX_RAW_LINES) this.raw.push(line.raw);
  }

  /** memcg lines were printed: what ran out is a memcg. */
  get saysMemcg(): boolean {
    return this.taskIn !== null || this.usage.size > 0 || this.statsCgroup !== null;
  }
}

/** Whether b is more than so long after a (or before it: time does not run backwards), where both times are known. */
export function isLater(a: KernelLine, b: KernelLine, us: number): boolean {
  if (a.monotonicUs !== null && b.monotonicUs !== null) return Math.abs(b.monotonicUs - a.monotonicUs) > us;
  if (a.timeUs !== null && b.timeUs !== null) return Math.abs(b.timeUs - a.timeUs) > us;
  return false;
}

/** One task prints all of a report: what is earlier than its first line is another's, as in a log printed newest first. */
function isBefore(a: KernelLine, b: KernelLine): boolean {
  return a.monotonicUs !== null && b.monotonicUs !== null && a.monotonicUs < b.monotonicUs;
}

/** Lines of two machines in one log; a line that names no host may be anybody's. */
export function sameHost(a: KernelLine, b: KernelLine): boolean {
  return a.host === b.host || a.host === '' || b.host === '';
}
