import { MS, type Micros } from '../../lib/time.ts';
import type { LineReader, Said, Witness } from '../witness.ts';

/**
 * nohang 0.2 and later. A block of lines: `Victim status (found in 2ms):`, `  PID: 77, name: java, …`, `  Vm, MiB: Size: 900, RSS: 812.0 (…`,
 * and then `Implementing a corrective action:`, `  Sending SIGTERM to the victim`. Whole in one record, or a line each.
 */
const STATUS = 'Victim status (found in ';
/** What comes before it, and is all where `print_victim_status` is off. */
const CHOSEN = /^(?:Process with highest badness \(found in |TOP printed in \d+ms; process with highest badness:)/;
const VICTIM = /^ {2}PID: +(\d{1,10}), [Nn]ame: (.{0,15}?)(?:, (?:state|badness): |$)/s;
const RSS = /^ {2}Vm, MiB: +Size: [\d.]+, RSS: ([\d.]+)/;
const ACTION = 'Implementing a corrective action:';
const SENDING = /^ {2}Sending (SIGTERM|SIGKILL) to the victim/;
/** What it found, a line each: `Memory status that requires corrective actions:`, `  MemAvailable [23 MiB, 1.0 %] <= …`, `  SwapFree …`. */
const REASON = /^ {2}((MemAvailable|SwapFree|PSI|MemUsedZram) .*)$/;
const MIB = 1024 * 1024;
/** A block is printed at once: a second head in it is the victim's own word. */
const SAME_BLOCK_US = 500 * MS;

/** nohang. It prints names and command lines as they are, newlines and all, so that its log alone proves nothing. */
export const nohang: Witness = {
  name: 'nohang',
  units: ['nohang.service', 'nohang-desktop.service'],
  transports: ['stdout'],
  comms: [],
  tags: ['nohang', 'nohang-desktop'],
  pattern: '^Process with highest badness|^TOP printed in |^Victim status|^  PID: |^  Vm, MiB: |^Implementing a corrective action|^  Sending SIG|^  (?:MemAvailable|SwapFree|PSI|MemUsedZram) ',
  reader: () => nohangReader(),
};

interface Victim {
  readonly pid: number;
  readonly comm: string;
  readonly rssBytes: number | null;
}

function nohangReader(): LineReader {
  let awaited: 'chosen' | 'status' | null = null;
  let acting = false;
  let victim: Victim | null = null;
  let chosen: Victim | null = null;
  /** By what it measures; looked at again before it acts. */
  const reasons = new Map<string, string>();
  let blockUs: Micros | null = null;
  const take = (line: string, timeUs: Micros | null): Said | null => {
    const one = awaited === null ? null : victimOf(line);
    const rss = RSS.exec(line);
    const sending = SENDING.exec(line);
    if (CHOSEN.test(line)) [awaited, chosen] = ['chosen', null];
    else if (line.startsWith(STATUS)) {
      if (victim !== null && (timeUs ?? 0) - (blockUs ?? 0) < SAME_BLOCK_US) return null;
      [awaited, victim, blockUs] = ['status', null, timeUs];
    }
    // The first line is nohang's; one that comes after it may be of what the victim calls itself.
    else if (one) {
      if (awaited === 'chosen') chosen = one;
      else victim = one;
      awaited = null;
    }
    else if (rss && victim?.rssBytes === null) victim = { ...victim, rssBytes: Math.round(Number(rss[1]) * MIB) };
    else if (isNoted(line, reasons)) return null;
    else if (line.startsWith(ACTION)) acting = true;
    else if (sending && acting) {
      const who = victim ?? chosen;
      const said = who === null ? null : killOf(who, sending[1] ?? '', reasons);
      [acting, victim, chosen] = [false, null, null];
      reasons.clear();
      return said;
    }
    return null;
  };
  return ({ text, timeUs }) => {
    const said = text.split('\n').flatMap((line) => take(line, timeUs) ?? []);
    return said.length === 0 ? { drop: 'no-fact' } : said;
  };
}

function victimOf(line: string): Victim | null {
  const m = VICTIM.exec(line);
  return m && { pid: Number(m[1]), comm: m[2] ?? '', rssBytes: null };
}

/** Whether the line tells what was low, which is kept. */
function isNoted(line: string, reasons: Map<string, string>): boolean {
  const m = REASON.exec(line);
  if (m) reasons.set(m[2] ?? '', m[1] ?? '');
  return m !== null;
}

function killOf({ pid, comm, rssBytes }: Victim, signal: string, reasons: ReadonlyMap<string, string>): Said {
  const reason = reasons.size === 0 ? null : [...reasons.values()].join(', ');
  const figures = rssBytes === null ? {} : { rssBytes };
  return { kind: 'userspace-kill', by: 'nohang', comm, uid: null, signal, reason, figures, about: { pid }, trust: 'text' };
}
