import type { Culprits, HeldMemory, Holder, Unowned, VictimWas } from '../../model/culprits.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import { readCgroupPath } from '../cgroup/cgroup-path.ts';
import { pageBytesOf } from './page-size.ts';
import type { Report } from './report.ts';
import type { KilledLine } from './said.ts';
import type { DumpedTask } from './task-dump.ts';

/** So many are named, and the victim. */
const MAX_HOLDERS = 5;
/** What belongs to no process is named from this part of the whole on. */
const LARGE = 0.05;

type Around = Pick<OomKill, 'scope' | 'level' | 'limitCgroup' | 'containerId' | 'podUid' | 'groupKill'>;

/** Who held the memory, by the report's table of tasks and its memory lines; null where it has neither. */
export function culpritsOf(report: Report, said: KilledLine, around: Around): Culprits | null {
  const ranking = rankingOf(report, said, around);
  const { ranked, all, unread, unowned, memory, pageBytes } = ranking;
  if (ranked.length === 0 && unread === 0 && memory === null) return null;
  const victimPid = report.dump.rowOf(said.pid);
  const victim = ranking.byPid.get(victimPid) ?? null;
  const most = ranked.slice(0, MAX_HOLDERS);
  const shown = victim === null || most.includes(victim) ? most : [...most, victim];
  const complete = victim !== null && unread === 0;
  return {
    ...listedOf(around),
    tasks: ranked.length,
    unread,
    complete,
    pageBytes,
    heldBytes: pageBytes === null || ranked.length === 0 ? null : all,
    holders: shown.map(({ task, weight }) => holderOf(task, { pageBytes, share: all > 0 ? weight / all : null, killed: task.pid === victimPid, around })),
    victimShare: victim === null || all === 0 ? null : rounded(victim.weight / all),
    victimWas: victim === null || around.groupKill ? null : victimWas(victim, ranking, complete),
    unowned: [...unowned],
    memory,
  };
}

interface Weighed {
  readonly task: DumpedTask;
  readonly weight: number;
}

/** A report's tasks, those that held most first. */
interface Ranking {
  readonly pageBytes: number | null;
  readonly ranked: readonly Weighed[];
  readonly byPid: ReadonlyMap<number, Weighed>;
  readonly all: number;
  readonly unread: number;
  readonly unowned: readonly Unowned[];
  readonly memory: HeldMemory | null;
}

/** Made once a report, however many of a group are killed. */
const RANKINGS = new WeakMap<Report, Ranking>();

function rankingOf(report: Report, said: KilledLine, around: Around): Ranking {
  const known = RANKINGS.get(report);
  // Of a group's later victims the row may be missing: the machine is the same.
  const pageBytes = known?.pageBytes ?? pageBytesOf(report.dump, said);
  if (known?.pageBytes === pageBytes) return known;
  const ranking = rank(report, pageBytes, around);
  RANKINGS.set(report, ranking);
  return ranking;
}

function rank(report: Report, pageBytes: number | null, around: Around): Ranking {
  const { tasks, unread } = report.dump.tasks();
  const ranked = tasks.map((task) => ({ task, weight: weightOf(task, pageBytes) })).sort((a, b) => b.weight - a.weight || a.task.pid - b.task.pid);
  const memory = report.memory.read(pageBytes);
  const all = ranked.reduce((sum, { weight }) => sum + weight, 0);
  return { pageBytes, ranked, byPid: new Map(ranked.map((one) => [one.task.pid, one])), all, unread, unowned: unownedOf(report, tasks, memory, pageBytes, around), memory };
}

function listedOf({ scope, limitCgroup }: Around): Pick<Culprits, 'listed' | 'cgroup'> {
  if (scope === 'unknown') return { listed: null, cgroup: null };
  if (scope === 'memcg') return { listed: 'cgroup', cgroup: limitCgroup };
  return { listed: scope === 'global' ? 'node' : 'memory-nodes', cgroup: null };
}

/** As the kernel counts when it chooses (mm/oom_kill.c oom_badness): bytes, or pages where their size is not known. */
function weightOf({ cells }: DumpedTask, pageBytes: number | null): number {
  const pages = (cells['rss'] ?? 0) + (cells['swapents'] ?? 0) + (tablePages(cells) ?? 0);
  return pageBytes === null ? pages : pages * pageBytes + (cells['pgtables_bytes'] ?? 0);
}

/** Before 4.15 page tables are counted in pages, by level. */
function tablePages(cells: DumpedTask['cells']): number | null {
  const levels = ['nr_ptes', 'nr_pmds', 'nr_puds'].flatMap((name) => cells[name] ?? []);
  return levels.length === 0 ? null : levels.reduce((sum, pages) => sum + pages, 0);
}

function holderOf(task: DumpedTask, more: { pageBytes: number | null; share: number | null; killed: boolean; around: Around }): Holder {
  const { pageBytes, share, killed, around } = more;
  const { cells } = task;
  const bytes = (pages: number | null | undefined): number | null => (pages == null || pageBytes === null ? null : pages * pageBytes);
  return {
    pid: task.pid,
    comm: task.name,
    uid: task.uid,
    ...whereOf(killed, around),
    podNamespace: null,
    podName: null,
    containerName: null,
    heldBytes: pageBytes === null ? null : weightOf(task, pageBytes),
    rssBytes: bytes(cells['rss']),
    anonRssBytes: bytes(cells['rss_anon']),
    fileRssBytes: bytes(cells['rss_file']),
    shmemRssBytes: bytes(cells['rss_shmem']),
    swapBytes: bytes(cells['swapents']),
    pageTablesBytes: cells['pgtables_bytes'] ?? bytes(tablePages(cells)),
    oomScoreAdj: task.oomScoreAdj,
    share: share === null ? null : rounded(share),
    killed,
  };
}

/** A row names no cgroup: the victim's is known, and below the limit of one container or pod everybody is in it. */
function whereOf(killed: boolean, { containerId, podUid, level, limitCgroup }: Around): Pick<Holder, 'containerId' | 'podUid'> {
  if (killed) return { containerId, podUid };
  const inside = level === 'container' || level === 'nested' || level === 'pod';
  const limit = inside && limitCgroup !== null ? readCgroupPath(limitCgroup) : null;
  return { containerId: level === 'pod' ? null : (limit?.containerId ?? null), podUid: limit?.podUid ?? null };
}

function unownedOf(report: Report, tasks: readonly DumpedTask[], memory: HeldMemory | null, pageBytes: number | null, { scope }: Around): readonly Unowned[] {
  const usageKb = report.usage.get('memory')?.usageKb;
  const whole = scope === 'memcg' ? (usageKb === undefined ? null : usageKb * 1024) : (memory?.totalBytes ?? null);
  if (memory === null || whole === null || whole === 0) return [];
  const found: Unowned[] = [];
  const add = (what: Unowned['what'], bytes: number | null): void => {
    if (bytes !== null && bytes >= whole * LARGE && bytes <= whole) found.push({ what, bytes });
  };
  // Mapped shared memory is in the rss of who maps it: what is beyond the sum of those is certainly nobody's.
  const mapped = pageBytes === null || tasks.length === 0 ? null : tasks.reduce((sum, { cells }) => sum + (cells['rss_shmem'] ?? cells['rss'] ?? 0), 0) * pageBytes;
  add('shmem', memory.shmemBytes === null || mapped === null ? null : memory.shmemBytes - mapped);
  add('kernel', report.memory.kernelBytes(pageBytes));
  add('huge-pages', memory.hugePagesBytes);
  return found.sort((a, b) => b.bytes - a.bytes);
}

/** Only a list without holes can say that the victim held the most. */
function victimWas(victim: Weighed, { ranked, all, unowned }: Ranking, complete: boolean): VictimWas | null {
  const beside = unowned.map(({ bytes }) => bytes);
  const other = ranked[0] === victim ? ranked[1] : ranked[0];
  const largest = Math.max(0, other?.weight ?? 0, ...beside);
  if (largest > 0 && largest >= 2 * victim.weight) return 'bystander';
  if (!complete) return null;
  const whole = beside.reduce((sum, bytes) => sum + bytes, all);
  return victim.weight >= largest && victim.weight >= whole / 2 ? 'eater' : 'one-of-many';
}

function rounded(share: number): number {
  return Math.round(share * 1e4) / 1e4;
}
