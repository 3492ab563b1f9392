import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { VictimRole } from '../model/verdict.ts';
import type { Case } from './case.ts';

/** An OOM kill as it stands to one exit. */
export interface JoinedKill {
  readonly kill: OomKill;
  readonly atUs: Micros | null;
  /** Null: PID 1's host pid is not known, so it cannot be told whether the victim was PID 1. */
  readonly role: VictimRole | null;
  /** Time from the kill to the exit; null where the kill's time is not known. */
  readonly beforeExitUs: Micros | null;
}

/** Text logs stamp whole seconds, and the moment of reading at that. */
export const TEXT_STAMP_US = SECOND;
/** Two clocks of one node, and the time it takes to print. */
const CLOCK_US = 2 * SECOND;

export function joinKills(one: Case): readonly JoinedKill[] {
  const { initPid } = one.exit;
  const groups = new Set(one.kills.filter((kill) => kill.groupKill && kill.victim.pid === initPid).map((kill) => kill.reportId));
  return one.kills.map((kill) => {
    const atUs = kill.time === null ? null : parseTime(kill.time);
    return {
      kill,
      atUs,
      role: kill.groupKill && groups.has(kill.reportId) ? 'group' : roleOf(kill, initPid),
      beforeExitUs: atUs === null ? null : before(one.finishedUs - atUs, kill),
    };
  });
}

/** A text log may stamp a kill late; the kernel's own time that is later than the exit is as far from it as one before. */
function before(us: Micros, { trust }: OomKill): Micros {
  if (trust === 'text') return Math.max(0, us - TEXT_STAMP_US);
  return us >= 0 ? us : Math.max(0, -us - CLOCK_US);
}

function roleOf(kill: OomKill, initPid: number | null): VictimRole | null {
  if (initPid === null) return null;
  return kill.victim.pid === initPid ? 'pid1' : 'child';
}
