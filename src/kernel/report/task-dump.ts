/** The task table of a report: rows as printed, read when asked. Bounded: a node may have very many tasks. */
const MAX_ROWS = 32_768;

/** Sizes of a page, by architecture. */
const PAGE_KB = [4, 8, 16, 64];

/** One task: memory in pages of the machine that printed it. */
export interface DumpedTask {
  readonly pid: number;
  readonly uid: number | null;
  readonly oomScoreAdj: number | null;
  readonly name: string;
  readonly cells: Readonly<Record<string, number>>;
}

export class TaskDump {
  #columns: readonly string[] = [];
  readonly #rows = new Map<number, string>();

  columns(columns: readonly string[]): void {
    this.#columns = columns;
    this.#rows.clear();
  }

  row(pid: number, cells: string): void {
    if (this.#columns.length > 0 && this.#rows.size < MAX_ROWS) this.#rows.set(pid, cells);
  }

  get size(): number {
    return this.#rows.size;
  }

  has(pid: number): boolean {
    return this.#rows.has(pid);
  }

  /**
   * Whether a kill line's total-vm is this task's. A thread whose leader has exited is killed under its own pid, which
   * the table, one row a process, does not have; both have one memory.
   */
  sameMemory(pid: number, totalVmKb: number | null): boolean {
    const pages = this.task(pid)?.cells['total_vm'];
    return pages !== undefined && pages > 0 && totalVmKb !== null && PAGE_KB.some((size) => pages * size === totalVmKb);
  }

  /** The columns differ from kernel to kernel: they are read by their names, the last being the task's name. */
  task(pid: number): DumpedTask | null {
    const row = this.#rows.get(pid);
    if (row === undefined) return null;
    const cells: Record<string, number> = {};
    let rest = row;
    for (const column of this.#columns.slice(0, -1)) {
      const m = /^(-?\d+)\s+/.exec(rest);
      if (!m) return null;
      cells[column] = Number(m[1]);
      rest = rest.slice(m[0].length);
    }
    return { pid, uid: cells['uid'] ?? null, oomScoreAdj: cells['oom_score_adj'] ?? null, name: rest, cells };
  }
}
