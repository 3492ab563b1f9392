import type { Scope } from '../../model/oom-kill.ts';
import type { KernelLine } from '../framing/kernel-line.ts';
import { isSameMemory } from './page-size.ts';
import { isLater, MAX_PAUSE_US, sameHost, type Report } from './report.ts';
import type { KilledLine, Said } from './said.ts';

/** Whether a line is kept anyway: those of the tables and of the call trace are not. */
export function isKept(said: Said | null, line: KernelLine): boolean {
  return said !== null && !line.bare && said.kind !== 'dump-header' && said.kind !== 'dump-row' && said.kind !== 'cpu';
}

/** Whether an `oom-kill:` line tells of a kill that was read before it: in a log printed newest first. */
export function isOwnChoice(report: Report, said: Said, line: KernelLine): boolean {
  if (said.kind !== 'oom-kill' || report.oomKill !== null || !sameHost(report.newest, line) || isLater(report.newest, line, MAX_PAUSE_US)) return false;
  return report.kills.some(({ said: { pid }, line: { monotonicUs } }) => pid === said.pid && !(monotonicUs !== null && line.monotonicUs !== null && line.monotonicUs > monotonicUs));
}

/** Whether a kill line can be the end of this report. */
export function isFor(report: Report, said: KilledLine): boolean {
  const { oomKill, kill } = report;
  if (oomKill !== null && oomKill.pid !== null && oomKill.pid !== said.pid) {
    return kill?.pid === oomKill.pid ? isScopeOf(kill.scope, said) : isSameMemory(report.dump.task(oomKill.pid), said.totalVmKb) && isScopeOf(oomKill.scope, said);
  }
  if (oomKill !== null && oomKill.pid !== null) return true;
  // Before 5.0 the victim may be a child of the one named ("or sacrifice child").
  if (kill !== null) return isScopeOf(kill.scope, said);
  if (report.saysMemcg && said.scope === 'global') return false;
  return oomKill === null || isScopeOf(oomKill.scope, said);
}

export function isScopeOf(scope: Scope, said: KilledLine): boolean {
  return scope === 'unknown' || said.scope === 'unknown' || (scope === 'memcg') === (said.scope === 'memcg');
}

export function sameName(a: string | null, b: string): boolean {
  return a === null || a === b || b.endsWith(a) || a.endsWith(b);
}
