import type { HeldMemory } from '../../model/culprits.ts';

/**
 * Of `Memory cgroup stats for …:` (bytes, 5.3 and later: `anon 49967104`, a record each or all in one) and of
 * `Mem-Info:` (pages: `active_anon:12 inactive_anon:3 …`), what tells who held the memory. The selection of the journal
 * has the same names (kernel/reader/needles.ts).
 */
const STATISTICS: ReadonlySet<string> = new Set(['anon', 'file', 'kernel', 'kernel_stack', 'pagetables', 'percpu', 'shmem', 'unevictable', 'slab_reclaimable', 'slab_unreclaimable']);
const STATISTIC = /^(\w+) (\d{1,16})$/;
const PAGES_LINE = /^(?:active_anon|active_file|inactive_file|unevictable|slab_reclaimable|mapped|free):\d/i;
const PAGES = /\b([a-z_]+):(\d{1,13})(?= |$)/gi;
const RAM = /^(\d{1,13}) pages RAM$/;
const SWAP = /^(Free|Total) swap {1,2}= (\d{1,13})kB$/;
/** By node and size. */
const HUGE = /^Node \d+ hugepages_total=(\d{1,10}) hugepages_free=\d+ hugepages_surp=\d+ hugepages_size=(\d{1,8})kB$/;
/** `Memory cgroup stats for /B: cache:0KB rss:48884KB …` (3.9 to 5.2), a line for every cgroup from the limit's down. */
const OLD_STATISTIC = /\b([a-z_]+):(\d{1,13})KB/g;
const OLD_STATISTICS = /: (cache:\d+KB [\s\S]*)$/;

/** The memory lines of one report, as they are heard. The first word on anything holds. */
export class MemoryLines {
  #part: 'none' | 'cgroup' | 'node' = 'none';
  readonly #bytes = new Map<string, number>();
  readonly #oldBytes = new Map<string, number>();
  readonly #pages = new Map<string, number>();
  #hugeBytes: number | null = null;

  /** `Memory cgroup stats for …`, with what follows in the same record. */
  statistics(text: string): void {
    this.#part = 'cgroup';
    const old = OLD_STATISTICS.exec(text);
    if (old === null) {
      this.hear(text);
      return;
    }
    // Each cgroup's own: those of all together are the limit's.
    for (const [, name = '', kb] of (old[1] ?? '').matchAll(OLD_STATISTIC)) this.#oldBytes.set(name, (this.#oldBytes.get(name) ?? 0) + Number(kb) * 1024);
  }

  /** Something else began: what now looks like a statistic is none. */
  end(): void {
    this.#part = 'none';
  }

  /** A record of the kernel that says nothing else of the report; it may hold several lines. */
  hear(text: string): void {
    const head = /^\s*(?:Mem-Info:|active_anon:)/i.test(text);
    if (head && this.#part === 'none') this.#part = 'node';
    if (this.#part === 'none') return;
    for (const line of text.split('\n')) {
      if (this.#part === 'node') this.#ofNode(line.trim());
      else this.#ofCgroup(line.trim());
    }
  }

  /** What was said, in bytes; null where nothing was. What is told in pages needs their size. */
  read(pageBytes: number | null): HeldMemory | null {
    if (this.#bytes.size + this.#oldBytes.size + this.#pages.size === 0) return null;
    return this.#pages.size > 0 ? this.#node(pageBytes) : this.#cgroup();
  }

  /** Memory of the kernel besides page tables, which are counted with the processes; null where it is not told. */
  kernelBytes(pageBytes: number | null): number | null {
    if (this.#pages.size > 0) return this.#node(pageBytes).slabBytes;
    const kernel = this.#bytes.get('kernel');
    if (kernel !== undefined) return Math.max(0, kernel - (this.#bytes.get('pagetables') ?? 0));
    const slab = sum(this.#bytes, ['slab_reclaimable', 'slab_unreclaimable']);
    return slab === null ? null : slab + (this.#bytes.get('kernel_stack') ?? 0) + (this.#bytes.get('percpu') ?? 0);
  }

  #ofCgroup(line: string): void {
    const m = STATISTIC.exec(line);
    const name = m?.[1] ?? '';
    if (m && STATISTICS.has(name) && !this.#bytes.has(name)) this.#bytes.set(name, Number(m[2]));
  }

  #ofNode(line: string): void {
    if (PAGES_LINE.test(line)) {
      for (const [, name = '', pages] of line.matchAll(PAGES)) this.#page(name.toLowerCase(), Number(pages));
      return;
    }
    const ram = RAM.exec(line);
    if (ram) this.#page('ram', Number(ram[1]));
    const swap = SWAP.exec(line);
    if (swap) this.#page(`swap ${swap[1] ?? ''}`, Number(swap[2]));
    const huge = HUGE.exec(line);
    if (huge) this.#hugeBytes = (this.#hugeBytes ?? 0) + Number(huge[1]) * Number(huge[2]) * 1024;
  }

  #page(name: string, pages: number): void {
    if (!this.#pages.has(name)) this.#pages.set(name, pages);
  }

  #cgroup(): HeldMemory {
    const old = this.#oldBytes.size > 0 ? this.#oldBytes : null;
    const bytes = this.#bytes;
    const shmem = (old ?? bytes).get('shmem') ?? null;
    const cache = old?.get('cache') ?? bytes.get('file') ?? null;
    return {
      ...NOTHING,
      anonBytes: old?.get('rss') ?? bytes.get('anon') ?? null,
      fileBytes: cache === null || shmem === null ? null : Math.max(0, cache - shmem),
      shmemBytes: shmem,
      slabBytes: sum(bytes, ['slab_reclaimable', 'slab_unreclaimable']),
      kernelBytes: bytes.get('kernel') ?? null,
      pageTablesBytes: bytes.get('pagetables') ?? null,
      unevictableBytes: (old ?? bytes).get('unevictable') ?? null,
    };
  }

  #node(pageBytes: number | null): HeldMemory {
    const of = (...names: readonly string[]): number | null => {
      const pages = sum(this.#pages, names);
      return pages === null || pageBytes === null ? null : pages * pageBytes;
    };
    const kb = (name: string): number | null => {
      const value = this.#pages.get(name);
      return value === undefined ? null : value * 1024;
    };
    return {
      ...NOTHING,
      totalBytes: of('ram'),
      freeBytes: of('free'),
      fileBytes: of('active_file', 'inactive_file'),
      shmemBytes: of('shmem'),
      slabBytes: of('slab_reclaimable', 'slab_unreclaimable'),
      pageTablesBytes: of('pagetables'),
      unevictableBytes: of('unevictable'),
      hugePagesBytes: this.#hugeBytes,
      swapTotalBytes: kb('swap Total'),
      swapFreeBytes: kb('swap Free'),
    };
  }
}

const NOTHING: HeldMemory = {
  totalBytes: null,
  freeBytes: null,
  anonBytes: null,
  fileBytes: null,
  shmemBytes: null,
  slabBytes: null,
  kernelBytes: null,
  pageTablesBytes: null,
  unevictableBytes: null,
  hugePagesBytes: null,
  swapTotalBytes: null,
  swapFreeBytes: null,
};

function sum(values: ReadonlyMap<string, number>, names: readonly string[]): number | null {
  const found = names.map((name) => values.get(name));
  return found.some((value) => value === undefined) ? null : found.reduce<number>((all, value) => all + (value ?? 0), 0);
}
