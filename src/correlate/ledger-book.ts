import { firstWhere } from '../lib/first-where.ts';
import { formatTime, formatTimeOrNull, MS, parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { LedgerView } from '../judge/case.ts';
import type { Span } from './coverage.ts';
import type { LedgerReading } from '../model/ledger.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { LedgerStatus } from '../model/source-status.ts';

interface Reading {
  readonly at: Micros;
  readonly oomKill: number;
}

/** Times of the kill lines of one source, oldest first. */
interface Lines {
  readonly trust: Trust;
  readonly times: Micros[];
}

/** More kills were counted than lines read. */
interface Gap {
  readonly from: Micros;
  readonly to: Micros;
  readonly counted: number;
  readonly parsed: number;
}

/** An exit may follow its kill by so much: a reading to compare from must be older. */
const BEFORE_US = 30 * SECOND;
/** Stamps of the kernel and of a reading may differ by so much; text logs stamp whole seconds, late. */
export const TOLERANCE_US: Readonly<Record<Trust, Micros>> = { kernel: 100 * MS, text: 2 * SECOND };
/** Count and lines are compared once the count has stood still for so long, or after so long in any case. */
const QUIET_US = 2 * SECOND;
/** Lines that are lacking have so long to come: on a node without memory its logs are late. */
const LATE_US = 15 * SECOND;
const LONGEST_US = 120 * SECOND;
/** So long after the wall clock was set back a moment may be of either time. */
export const TWICE_US = 60 * SECOND;
export const NOT_COMPARABLE: LedgerView = { state: 'unknown', counted: null, parsed: 0, exact: false, from: null, to: null };
const MAX_READINGS = 4_096;
const MAX_LINES = 65_536;
const MAX_GAPS = 64;

/** The kernel's own count of OOM kills against the kill lines that were read: a log that lost one is found out. */
export class LedgerBook {
  readonly #readings: Reading[] = [];
  readonly #lines = new Map<string, Lines>();
  readonly #gaps: Gap[] = [];
  /** Up to here count and lines have been compared. */
  #checked: Reading | null = null;
  /** What began before says nothing that can be compared. */
  #notBefore: Micros = -Infinity;

  /** Takes a reading; gives the time of which it tells something new. */
  read(reading: LedgerReading): Span | null {
    const at = parseTime(reading.time);
    if (at === null) return null;
    const last = this.#readings.at(-1);
    if (last && at < last.at) this.#clockSetBack(last.at, at);
    // A smaller count is another boot's: nothing before can be compared with it.
    else if (last && reading.oomKill < last.oomKill) this.#beginAnew();
    this.#readings.push({ at, oomKill: reading.oomKill });
    this.#checked ??= { at, oomKill: reading.oomKill };
    this.#thin();
    return { from: Math.min(last?.at ?? at, at), to: at };
  }

  #beginAnew(): void {
    this.#readings.length = 0;
    this.#checked = null;
  }

  /** The same times come twice: readings and lines of their first coming would be taken for those of the second. */
  #clockSetBack(from: Micros, to: Micros): void {
    this.#beginAnew();
    this.#notBefore = Math.min(from, to + TWICE_US);
    for (const { times } of this.#lines.values()) times.splice(firstAfter(times, to));
  }

  /** A kill line was read; the line of a group kill's first victim, printed twice, is counted twice by the kernel too. */
  line(at: Micros | null, source: string, trust: Trust): void {
    if (at === null) return;
    const lines = this.#lines.get(source) ?? { trust, times: [] };
    this.#lines.set(source, lines);
    // Nearly always the newest.
    const { times } = lines;
    times.splice(firstAfter(times, at), 0, at);
    if (times.length > MAX_LINES) times.splice(0, MAX_LINES / 4);
  }

  view(finishedUs: Micros, startedUs: Micros | null): LedgerView {
    const before = Math.max(finishedUs - BEFORE_US, startedUs ?? -Infinity);
    const from = this.#readings[firstAfter(this.#readings, before) - 1];
    const to = this.#readings[firstAfter(this.#readings, finishedUs - 1)];
    if (!from || !to || before <= this.#notBefore) return { state: 'unknown', counted: null, parsed: 0, exact: false, from: from?.at ?? null, to: to?.at ?? null };
    const counted = to.oomKill - from.oomKill;
    const { least, most, exact } = this.#parsed(from.at, to.at);
    const state = counted === 0 ? 'unchanged' : counted > most ? 'ahead' : counted < least ? 'behind' : 'agrees';
    return { state, counted, parsed: Math.min(most, counted), exact: exact === counted, from: from.at, to: to.at };
  }

  /** Compares what has settled since the last time; gives a newly found gap. */
  check(settledUs: Micros): Gap | null {
    const from = this.#checked;
    const to = this.#readings[firstAfter(this.#readings, settledUs) - 1];
    if (!from || !to || to.at <= from.at || this.#isMoving(from, to, settledUs - QUIET_US)) return null;
    const counted = to.oomKill - from.oomKill;
    const { most } = this.#parsed(from.at, to.at);
    if (counted > most && this.#isMoving(from, to, settledUs - LATE_US)) return null;
    this.#checked = to;
    if (counted <= most) return null;
    const gap = { from: from.at, to: to.at, counted, parsed: most };
    this.#gaps.push(gap);
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
    return gap;
  }

  /** While kills go on, a line that is stamped a little late lies behind the last reading and would be missed before it. */
  #isMoving(from: Reading, to: Reading, sinceUs: Micros): boolean {
    const before = this.#readings[firstAfter(this.#readings, sinceUs) - 1] ?? from;
    return before.oomKill !== to.oomKill && to.at - from.at < LONGEST_US;
  }

  /** The lines that were lacking have come since, later than anybody waits for them. */
  #isFilled({ from, to, counted }: Gap): boolean {
    return this.#parsed(from, to).most >= counted;
  }

  status(): LedgerStatus {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    return {
      since: formatTimeOrNull(first?.at ?? null),
      to: formatTimeOrNull(last?.at ?? null),
      counted: first && last ? last.oomKill - first.oomKill : null,
      parsed: first && last ? this.#parsed(first.at, last.at).most : 0,
      gaps: this.#gaps.filter((gap) => !this.#isFilled(gap)).map((gap) => ({ ...gap, from: formatTime(gap.from), to: formatTime(gap.to) })),
    };
  }

  /**
   * Lines read between two readings; the same kill in two logs is one. Lines at the edges may belong to either side;
   * `exact` is the number that the kernel's own records give where none lies there, else null.
   */
  #parsed(from: Micros, to: Micros): { least: number; most: number; exact: number | null } {
    let least = 0;
    let most = 0;
    let exact: number | null = null;
    for (const { times, trust } of this.#lines.values()) {
      const edge = TOLERANCE_US[trust];
      const wide = firstAfter(times, to + edge) - firstAfter(times, from - edge - 1);
      most = Math.max(most, wide);
      if (trust === 'text') continue;
      const narrow = Math.max(0, firstAfter(times, to - edge) - firstAfter(times, from + edge - 1));
      least = Math.max(least, narrow);
      if (wide === narrow) exact = Math.max(exact ?? 0, wide);
    }
    return { least, most, exact };
  }

  /** Keeps the newest readings all, and of older ones those where the count moved. */
  #thin(): void {
    if (this.#readings.length <= MAX_READINGS) return;
    const half = this.#readings.length / 2;
    const kept = this.#readings.filter(
      ({ oomKill }, index) => index >= half || index === 0 || this.#readings[index - 1]?.oomKill !== oomKill || this.#readings[index + 1]?.oomKill !== oomKill,
    );
    this.#readings.splice(0, this.#readings.length, ...(kept.length > MAX_READINGS * 0.75 ? kept.slice(-half) : kept));
  }
}

/** Index of the first item, sorted by time, that lies after a moment; their number where none does. */
function firstAfter(items: readonly (Micros | Reading)[], moment: Micros): number {
  return firstWhere(items.length, (at) => {
    const item = items[at] ?? Infinity;
    return (typeof item === 'number' ? item : item.at) > moment;
  });
}
