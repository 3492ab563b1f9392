import type { OomKill } from '../model/oom-kill.ts';

/**
 * One kill told twice: the fuller report wins, then the kernel's own record over a text; both sources are named. The
 * trust is that of the facts: a kernel's bare kill line does not vouch for what a text says of the cgroup.
 */
export function mergeKills(first: OomKill, second: OomKill): OomKill {
  const better = isBetter(second, first) ? second : first;
  const other = better === first ? second : first;
  // Of a report whose end was not seen, the other has it.
  const dead = better.victim.totalVmBytes === null && other.victim.totalVmBytes !== null ? other : better;
  const trust = dead.trust === 'text' ? 'text' : better.trust;
  return {
    ...better,
    victim: dead.victim,
    trust,
    // A text's table does not become the kernel's word.
    culprits: better.culprits ?? (trust === 'text' || other.trust === 'kernel' ? other.culprits : null),
    id: first.id,
    reportId: first.reportId,
    source: first.source,
    sources: [...new Set([...first.sources, ...second.sources])].sort(),
    time: better.time ?? other.time,
    monotonicUs: better.monotonicUs ?? other.monotonicUs,
    bootId: better.bootId ?? other.bootId,
    groupKill: first.groupKill || second.groupKill,
  };
}

/** The same whichever came first. */
function isBetter(one: OomKill, other: OomKill): boolean {
  const more = rank(one) - rank(other);
  return more > 0 || (more === 0 && one.time !== null && (other.time === null || one.time < other.time));
}

function rank(kill: OomKill): number {
  return (kill.victimCgroup !== null ? 8 : 0) + (kill.complete ? 4 : 0) + (kill.trust === 'kernel' ? 2 : 0) + (kill.groupKill ? 1 : 0);
}
