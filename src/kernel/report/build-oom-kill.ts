import { createHash } from 'node:crypto';
import { formatTimeOrNull } from '../../lib/time.ts';
import type { OomKill, Scope } from '../../model/oom-kill.ts';
import { readCgroupPath } from '../cgroup/cgroup-path.ts';
import { levelOf } from '../cgroup/level.ts';
import type { KernelLine } from '../framing/kernel-line.ts';
import { culpritsOf } from './culprits.ts';
import type { Report } from './report.ts';
import type { KilledLine, OomKillLine } from './said.ts';

const KB = 1024;
/** Bytes from which a limit is the kernel's "none": PAGE_COUNTER_MAX is 2^63 rounded down to pages, printed in kB. */
const NO_LIMIT_KB = 9_007_199_254_000_000;

/** The OomKill of one kill line and the report it stands in (null: the report was rate-limited away or not seen). */
export function buildOomKill(said: KilledLine, line: KernelLine, report: Report | null, groupKill: boolean): OomKill {
  const scope = scopeOf(said, report);
  const limitCgroup = scope === 'memcg' ? limitOf(report) : null;
  const victimCgroup = victimCgroupOf(said, report, groupKill);
  const path = victimCgroup === null ? null : readCgroupPath(victimCgroup);
  const id = killId(said, chosenOf(said, report) === null ? null : victimCgroup);
  const victim = victimOf(said, report);
  const level = levelOf(scope, limitCgroup, victimCgroup);
  const where = { containerId: path?.containerId ?? null, podUid: path?.podUid ?? null };
  return {
    kind: 'oom-kill',
    id,
    reportId: report?.kills[0]?.kill.reportId ?? id.replace(/^oom-/, 'report-'),
    time: formatTimeOrNull(line.timeUs),
    monotonicUs: line.monotonicUs,
    bootId: line.bootId,
    scope,
    level,
    limitCgroup,
    victimCgroup,
    ...where,
    groupKill,
    victim,
    invoker: invokerOf(report, victim),
    memory: memoryOf(report),
    culprits: report === null ? null : culpritsOf(report, said, { scope, level, limitCgroup, groupKill, ...where }),
    complete: isComplete(said, report, groupKill),
    trust: line.trust,
    source: line.source,
    sources: [line.source],
    raw: report === null ? [line.raw] : [...report.raw],
  };
}

/** The `oom-kill:` line, where it speaks of this victim. */
function chosenOf(said: KilledLine, report: Report | null): OomKillLine | null {
  const oomKill = report?.oomKill ?? null;
  return oomKill !== null && (oomKill.pid === said.pid || oomKill.pid === null) ? oomKill : null;
}

/** In a group kill every task lies in or below the cgroup whose group was killed; only the first one's own is printed. */
function victimCgroupOf(said: KilledLine, report: Report | null, groupKill: boolean): string | null {
  const chosen = chosenOf(said, report);
  if (chosen !== null) return chosen.taskMemcg;
  return groupKill ? (report?.group ?? null) : (report?.taskIn?.victimCgroup ?? null);
}

function victimOf(said: KilledLine, report: Report | null): OomKill['victim'] {
  const chosen = chosenOf(said, report);
  const dumped = report?.dump.task(said.pid) ?? null;
  return {
    pid: said.pid,
    comm: said.comm ?? chosen?.comm ?? null,
    uid: said.uid ?? chosen?.uid ?? dumped?.uid ?? null,
    totalVmBytes: kb(said.totalVmKb),
    anonRssBytes: kb(said.anonRssKb),
    fileRssBytes: kb(said.fileRssKb),
    shmemRssBytes: kb(said.shmemRssKb),
    oomScoreAdj: said.oomScoreAdj ?? dumped?.oomScoreAdj ?? null,
  };
}

function isComplete(said: KilledLine, report: Report | null, groupKill: boolean): boolean {
  if (report?.invoked == null) return false;
  return report.oomKill?.pid === said.pid || report.kill !== null || groupKill;
}

/** The same for the same kill, wherever it was read: the kernel's own words, not the carrier's. */
function killId(said: KilledLine, cgroup: string | null): string {
  const words = [said.pid, said.comm, said.totalVmKb, said.anonRssKb, said.fileRssKb, said.shmemRssKb, cgroup];
  return `oom-${createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16)}`;
}

function scopeOf(said: KilledLine, report: Report | null): Scope {
  const stated = report?.oomKill?.scope ?? 'unknown';
  if (stated !== 'unknown') return stated;
  if (said.scope !== 'unknown') return said.scope;
  if (report?.kill) return report.kill.scope;
  return report?.saysMemcg === true ? 'memcg' : 'unknown';
}

function limitOf(report: Report | null): string | null {
  return report?.oomKill?.oomMemcg ?? report?.taskIn?.limitCgroup ?? report?.statsCgroup ?? null;
}

function invokerOf(report: Report | null, victim: OomKill['victim']): OomKill['invoker'] {
  const invoked = report?.invoked;
  const pid = report?.invokerPid ?? null;
  if (!invoked) return { comm: null, pid, oomScoreAdj: null, gfpMask: null, order: null };
  // A text log splits a name at its newline and leaves the last part before "invoked": the victim's name is whole.
  const torn = pid === victim.pid && invoked.comm !== null && victim.comm?.endsWith(`\n${invoked.comm}`) === true;
  const { oomScoreAdj, gfpMask, order } = invoked;
  return { comm: torn ? victim.comm : invoked.comm, pid, oomScoreAdj, gfpMask, order };
}

function memoryOf(report: Report | null): OomKill['memory'] {
  const memory = report?.usage.get('memory');
  const swap = report?.usage.get('swap') ?? report?.usage.get('memory+swap');
  return {
    usageBytes: kb(memory?.usageKb ?? null),
    limitBytes: limitBytes(memory?.limitKb),
    failcnt: memory?.failcnt ?? null,
    swapUsageBytes: kb(swap?.usageKb ?? null),
    swapLimitBytes: limitBytes(swap?.limitKb),
  };
}

function kb(value: number | null): number | null {
  return value === null ? null : value * KB;
}

function limitBytes(limitKb: number | undefined): number | null {
  return limitKb === undefined || limitKb >= NO_LIMIT_KB ? null : limitKb * KB;
}

/** The kernel said whom it had chosen, and the log ends there: a kill whose end was not seen. */
export function unfinishedKill(report: Report): OomKill | null {
  const chosen = report.oomKill;
  if (chosen?.pid == null) return null;
  const { scope, pid, comm, uid } = chosen;
  const unseen: KilledLine = { kind: 'killed', scope, pid, comm, uid, totalVmKb: null, anonRssKb: null, fileRssKb: null, shmemRssKb: null, oomScoreAdj: null };
  return { ...buildOomKill(unseen, report.newest, report, false), complete: false };
}
