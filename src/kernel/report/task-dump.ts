/** The task table of a report: rows as printed, read when asked. Bounded: a node may have very many tasks. */
const MAX_ROWS = 32_768;
/** More than any machine has: such a cell is none of the kernel's. */
const MAX_CELL = 2 ** 40;
/** The kernel's names have 15 bytes; a carrier may spell each of them out in four. */
const MAX_NAME = 64;

/** One task: memory in pages of the machine that printed it. */
export interface DumpedTask {
  readonly pid: number;
  readonly uid: number | null;
  readonly oomScoreAdj: number | null;
  readonly name: string;
  readonly cells: Readonly<Record<string, number>>;
}

/** Every row that could be read, in the order of the table. */
export interface DumpedTasks {
  readonly tasks: readonly DumpedTask[];
  /** Rows that could not. */
  readonly unread: number;
}

export class TaskDump {
  #columns: readonly string[] = [];
  readonly #rows = new Map<number, string>();
  /** Rows beyond the bound, and pids that stand there twice. */
  #beyond = 0;
  /** A victim's pid to the pid of its row. */
  readonly #standsFor = new Map<number, number>();
  #read: DumpedTasks | null = null;

  columns(columns: readonly string[]): void {
    this.#columns = columns;
    this.#rows.clear();
    this.#beyond = 0;
    this.#read = null;
  }

  row(pid: number, cells: string): void {
    if (this.#columns.length === 0) return;
    this.#read = null;
    if (this.#rows.size >= MAX_ROWS || this.#rows.has(pid)) this.#beyond += 1;
    else this.#rows.set(pid, cells);
  }

  get size(): number {
    return this.#rows.size;
  }

  has(pid: number): boolean {
    return this.#rows.has(pid);
  }

  /** A thread is killed under its own pid, which has no row: its process's row stands for it. */
  standsFor(thread: number, pid: number): void {
    if (!this.#rows.has(thread)) this.#standsFor.set(thread, pid);
  }

  /** The pid under which a victim stands in the table. */
  rowOf(pid: number): number {
    return this.#standsFor.get(pid) ?? pid;
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

  /** All tasks. A table whose heading was cut says nothing of the columns that are missing: none of its rows is read. */
  tasks(): DumpedTasks {
    if (this.#read !== null) return this.#read;
    const tasks: DumpedTask[] = [];
    const whole = this.#columns.at(-1) === 'name' && this.#columns.includes('rss');
    for (const pid of whole ? this.#rows.keys() : []) {
      const task = this.task(pid);
      if (task !== null && isPlausible(task)) tasks.push(task);
    }
    this.#read = { tasks, unread: this.#rows.size - tasks.length + this.#beyond };
    return this.#read;
  }
}

function isPlausible({ name, cells }: DumpedTask): boolean {
  return name.length <= MAX_NAME && Object.values(cells).every((cell) => Math.abs(cell) <= MAX_CELL);
}
