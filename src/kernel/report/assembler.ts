import type { OomKill } from '../../model/oom-kill.ts';
import type { KernelLine } from '../framing/kernel-line.ts';
import { buildOomKill, unfinishedKill } from './build-oom-kill.ts';
import { isSameMemory } from './page-size.ts';
import { isLater, MAX_GROUP_PAUSE_US, Report, sameHost } from './report.ts';
import type { KilledLine, OomKillLine, Said } from './said.ts';
import { TornLines } from './torn-line.ts';
import { isFor, isKept, isOwnChoice, isScopeOf, sameName } from './whose-line.ts';
import { readSaid } from './wording.ts';

/** Hears of kills as they are read. */
export interface KillListener {
  /**
   * A kill line was read; called again with the same id when the report tells more (that it was a group kill). `host`: the
   * machine that the log names before the line; empty where it names none.
   */
  onKill(kill: OomKill, host?: string): void;
  /** Every kill line, also one that repeats a victim: the kernel's own count counts them so. */
  onKillLine?(line: KernelLine): void;
  /** Nothing more can come for the kills of this report. */
  onReportEnd(kills: readonly OomKill[]): void;
}

/**
 * Puts the lines of one kernel together to reports. The kernel prints one report at a time (under oom_lock), but lines of others
 * stand between, beginnings and ends are lost, and the header is rate-limited where the kill line is not.
 */
export class Assembler {
  readonly #listener: KillListener;
  readonly #torn = new TornLines();
  #open: Report | null = null;

  readonly #fullRaw: boolean;

  constructor(listener: KillListener, fullRaw = false) {
    this.#listener = listener;
    this.#fullRaw = fullRaw;
  }

  push(line: KernelLine): void {
    for (const whole of this.#torn.push(line)) this.#line(whole);
  }

  /** A torn line waits for its rest. */
  get holding(): boolean {
    return this.#torn.holding;
  }

  /** A pause in the input: a torn line's rest would have come by now. */
  idle(): void {
    for (const line of this.#torn.flush()) this.#line(line);
  }

  /** The end of the input. */
  end(): void {
    this.idle();
    this.#close();
  }

  #line(line: KernelLine): void {
    const said = readSaid(line.text);
    if (this.#fullRaw && this.#open?.kills.length === 0 && !isKept(said, line)) this.#open.raw.push(line.raw);
    // A line without prefix where others have one is the rest of the line before it, never one of its own.
    if (said === null || line.bare) {
      if (said === null) this.#memory(line);
      return;
    }
    const open = this.#open;
    if (open !== null && !isOwnChoice(open, said, line) && (!open.reaches(line) || !sameHost(open.newest, line))) this.#close();
    this.#open?.memory.end();
    switch (said.kind) {
      case 'killed':
        this.#killed(said, line);
        return;
      case 'group':
        this.#group(said.cgroup, line);
        return;
      case 'no-kill':
        this.#noKill(said.pid);
        return;
      case 'dump-header':
      case 'dump-row':
        this.#dump(said, line);
        return;
      default:
        this.#fact(said, line);
    }
  }

  /** The table stands before the kill; rows behind it are nobody's. */
  #dump(said: Extract<Said, { kind: 'dump-header' | 'dump-row' }>, line: KernelLine): void {
    const open = this.#open;
    if (open?.kills.length === 0) {
      if (said.kind === 'dump-header') open.dump.columns(said.columns);
      else open.dump.row(said.pid, said.cells);
    }
    if (open !== null && said.kind === 'dump-row') open.newest = line;
  }

  /** Neither a word of its own nor a stranger's: perhaps one of the memory lines, which text logs leave without prefix. */
  #memory(line: KernelLine): void {
    const open = this.#open;
    if (open?.kills.length === 0 && open.reaches(line) && sameHost(open.newest, line)) open.memory.hear(line.text);
  }

  #fact(said: Exclude<Said, { kind: 'killed' | 'group' | 'no-kill' | 'dump-header' | 'dump-row' }>, line: KernelLine): void {
    if (said.kind === 'cpu') {
      const open = this.#open;
      // Another CPU's warning may stand between; the invoker's line names the invoker.
      if (open?.invoked && open.invokerPid === null && open.kills.length === 0 && sameName(open.invoked.comm, said.comm)) {
        open.invokerPid = said.pid;
        open.keep(line);
      }
      return;
    }
    const report = this.#opened(said, line);
    switch (said.kind) {
      case 'invoked':
        report.invoked = said;
        break;
      case 'task-in':
        report.taskIn = said;
        break;
      case 'usage':
        report.usage.set(said.what, said);
        break;
      case 'stats':
        // The first is the limit's own; older kernels go on with those below it.
        report.statsCgroup ??= said.cgroup;
        report.memory.statistics(line.text);
        break;
      case 'oom-kill':
        this.#chosen(report, said, line);
        return;
      case 'kill':
        report.kill = said;
        break;
    }
    report.keep(line);
  }

  /** The report a fact belongs to: the open one, or a new one where it cannot be the open one's. */
  #opened(said: Said, line: KernelLine): Report {
    const open = this.#open;
    const isNew =
      open === null ||
      said.kind === 'invoked' ||
      (open.kills.length > 0 && !isOwnChoice(open, said, line)) ||
      (said.kind === 'task-in' && open.taskIn !== null) ||
      (said.kind === 'oom-kill' && open.oomKill !== null) ||
      (said.kind === 'kill' && open.kill !== null);
    if (!isNew) return open;
    this.#close();
    this.#open = new Report(line);
    return this.#open;
  }

  /** `oom-kill:` states it all; a report that tells of something else is another one whose end was lost. */
  #chosen(report: Report, said: OomKillLine, line: KernelLine): void {
    const before = report.kills.find((entry) => entry.said.pid === said.pid);
    if (before) {
      // It says more of a kill that was read before it, not of another.
      report.oomKill = said;
      report.keep(line);
      before.kill = { ...buildOomKill(before.said, before.line, report, before.kill.groupKill), id: before.kill.id };
      this.#listener.onKill(before.kill);
      return;
    }
    const mismatch =
      (said.scope !== 'memcg' && report.saysMemcg) ||
      (report.statsCgroup !== null && said.oomMemcg !== null && said.oomMemcg !== report.statsCgroup);
    const own = mismatch ? new Report(line) : report;
    own.oomKill = said;
    own.keep(line);
    this.#open = own;
  }

  #killed(said: KilledLine, line: KernelLine): void {
    this.#listener.onKillLine?.(line);
    const open = this.#open;
    if (open !== null && this.#inGroup(open, said, line)) {
      if (open.kills.some(({ said: first }) => first.pid === said.pid)) return;
      this.#add(open, said, line, true);
      return;
    }
    if (open !== null && open.kills.length === 0 && isFor(open, said)) {
      // Another of its threads or, before 5.0, a child was killed in place of the one that was chosen.
      if (open.oomKill !== null && open.oomKill.pid !== null) {
        if (isSameMemory(open.dump.task(open.oomKill.pid), said.totalVmKb)) open.dump.standsFor(said.pid, open.oomKill.pid);
        open.oomKill = { ...open.oomKill, pid: said.pid, comm: said.comm };
      }
      this.#add(open, said, line, false);
      return;
    }
    // Printed a second time though its "Tasks in" line was lost: the first victim of a group kill.
    if (open?.kills.some(({ said: first }) => JSON.stringify(first) === JSON.stringify(said)) === true) return;
    this.#close();
    const alone = new Report(line);
    this.#open = alone;
    this.#add(alone, said, line, false);
  }

  /** Nobody died; what was open has no kill to come. A group kill goes on past a task that was dying already. */
  #noKill(pid: number | null): void {
    if (pid === null) this.#close();
    else if (this.#open?.kills.length === 0) this.#open = null;
  }

  #inGroup(open: Report, said: KilledLine, line: KernelLine): boolean {
    // The group's lines begin with the same words as the first victim's, node-wide or not.
    const words = open.kills[0]?.said.scope ?? open.oomKill?.scope ?? 'memcg';
    if (open.group === null || !isScopeOf(words, said) || isLater(open.newest, line, MAX_GROUP_PAUSE_US)) return false;
    return open.dump.size === 0 || open.dump.has(said.pid) || open.kills.some(({ said: first }) => first.pid === said.pid);
  }

  #add(report: Report, said: KilledLine, line: KernelLine, group: boolean): void {
    report.keep(line);
    const bare = report.invoked === null && report.oomKill === null && !report.saysMemcg && report.kill === null && report.group === null;
    const kill = buildOomKill(said, line, bare ? null : report, group);
    report.kills.push({ kill, said, line });
    this.#listener.onKill(kill);
  }

  #group(cgroup: string, line: KernelLine): void {
    const open = this.#open ?? new Report(line);
    this.#open = open;
    open.group = cgroup;
    open.keep(line);
    // The first victim's line came before: it was the first of the group.
    for (const entry of open.kills) {
      const { culprits } = entry.kill;
      entry.kill = { ...entry.kill, groupKill: true, culprits: culprits && { ...culprits, victimWas: null }, raw: [...open.raw] };
      this.#listener.onKill(entry.kill);
    }
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    if (open === null) return;
    if (open.kills.length === 0) {
      const kill = unfinishedKill(open);
      if (kill === null) return;
      this.#listener.onKill(kill);
      this.#listener.onReportEnd([kill]);
      return;
    }
    this.#listener.onReportEnd(open.kills.map(({ kill }) => kill));
  }
}
