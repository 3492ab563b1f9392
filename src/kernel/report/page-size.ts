import type { KilledLine } from './said.ts';
import type { DumpedTask, TaskDump } from './task-dump.ts';

/** Sizes of a page, by architecture. */
const PAGE_KB = [4, 8, 16, 64];
/** The victim runs on between its row and its kill line; sizes differ by factors, so that this leaves no doubt. */
const DRIFT = 0.05;

type Sizes = Pick<KilledLine, 'pid' | 'totalVmKb' | 'anonRssKb' | 'fileRssKb' | 'shmemRssKb'>;

/**
 * The machine's page size in bytes, told by the report itself: the kill line has the victim's sizes in kB, its row in
 * the table has them in pages. Null where they do not tell.
 */
export function pageBytesOf(dump: TaskDump, said: Sizes): number | null {
  const row = dump.task(dump.rowOf(said.pid));
  if (row === null) return null;
  const size = sizeBy(row.cells['total_vm'], said.totalVmKb) ?? sizeBy(row.cells['rss'], rssKb(said));
  return size === null ? null : size * 1024;
}

/**
 * Whether a kill line's total-vm is this task's. A thread whose leader has exited is killed under its own pid, which
 * the table, one row a process, does not have; both have one memory.
 */
export function isSameMemory(task: DumpedTask | null, totalVmKb: number | null): boolean {
  const pages = task?.cells['total_vm'];
  return pages !== undefined && pages > 0 && totalVmKb !== null && PAGE_KB.some((size) => pages * size === totalVmKb);
}

function sizeBy(pages: number | undefined, kb: number | null): number | null {
  if (pages === undefined || pages <= 0 || kb === null || kb <= 0) return null;
  return PAGE_KB.find((size) => Math.abs(kb / (pages * size) - 1) <= DRIFT) ?? null;
}

/** `rss` of the table is all kinds in one. */
function rssKb({ anonRssKb, fileRssKb, shmemRssKb }: Sizes): number | null {
  return anonRssKb === null || fileRssKb === null ? null : anonRssKb + fileRssKb + (shmemRssKb ?? 0);
}
