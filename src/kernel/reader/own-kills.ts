import { formatTimeOrNull, parseTime, type Micros } from '../../lib/time.ts';
import type { OomKill, Trust } from '../../model/oom-kill.ts';
import { liveTime } from '../framing/live-time.ts';
import type { KillListener } from '../report/assembler.ts';
import { LogMachines } from '../report/log-machines.ts';

export interface OwnKillsOptions {
  /** The node's own name: tells its lines from another machine's in one text log. */
  readonly hostName: string | null;
  /** Given where a source is a text log: it can look like any other carrier, line by line, and is a text log all the same. */
  readonly trust: Trust | undefined;
  /** Now, if the source is being read as it is written. */
  readonly liveNow: () => Micros | null;
  readonly kill: (kill: OomKill) => void;
  /** A kill line, whomever it names. */
  readonly line: (at: Micros | null, trust: Trust) => void;
  readonly drop: (reason: string) => void;
}

/** Of what one source tells, the kills of this machine, with the times and the trust that they have. */
export function ownKills({ hostName, trust, liveNow, kill: onKill, line: onLine, drop }: OwnKillsOptions): KillListener {
  const machines = new LogMachines(hostName);
  return {
    onKill: (kill, host = '') => {
      const time = formatTimeOrNull(liveTime(kill.time === null ? null : parseTime(kill.time), liveNow()));
      if (trust !== 'text' || !machines.isAnother(host)) onKill({ ...kill, time, trust: trust ?? kill.trust });
    },
    onKillLine: (line) => {
      machines.saw(line.host);
      if (trust === 'text' && machines.isAnother(line.host)) drop('of-another-machine');
      else onLine(liveTime(line.timeUs, liveNow()), trust ?? line.trust);
    },
    // Every kill was handed on when its line was read.
    onReportEnd: () => undefined,
  };
}
