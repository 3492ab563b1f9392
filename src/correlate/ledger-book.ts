import { formatTime, formatTimeOrNull, MS, parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { LedgerView } from '../judge/case.ts';
import type { LedgerReading } from '../model/ledger.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { LedgerStatus } from '../model/source-status.ts';

interface Reading {
  readonly at: Micros;
  readonly oomKill: number;
}

interface KillLine {
  readonly at: Micros;
  readonly source: string;
  readonly trust: Trust;
}

/** An exit may follow its kill by so much: a reading to compare from must be older. */
const BEFORE_US = 30 * SECOND;
/** Stamps of the kernel and of a reading may differ by so much; text logs stamp whole seconds, late. */
const TOLERANCE_US: Readonly<Record<Trust, Micros>> = { kernel: 100 * MS, text: 2 * SECOND };
const MAX_READINGS = 4_096;
const MAX_LINES = 65_536;
const MAX_GAPS = 64;

/** The kernel's own count of OOM kills against the kill lines that were read: a log that lost one is found out. */
export class LedgerBook {
  readonly #readings: Reading[] = [];
  readonly #lines: KillLine[] = [];
  readonly #gaps: { from: Micros; to: Micros; counted: number; parsed: number }[] = [];
  /** Up to here count and lines have been compared. */
  #checked: Reading | null = null;

  read(reading: LedgerReading): void {
    const at = parseTime(reading.time);
    const last = this.#readings.at(-1);
    if (at === null || (last && at < last.at)) return;
    // A smaller count is another boot's: nothing before can be compared with it.
    if (last && reading.oomKill < last.oomKill) {
      this.#readings.length = 0;
      this.#checked = null;
    }
    this.#readings.push({ at, oomKill: reading.oomKill });
    this.#checked ??= { at, oomKill: reading.oomKill };
    this.#thin();
  }

  /** A kill line was read; the line of a group kill's first victim, printed twice, is counted twice by the kernel too. */
  line(at: Micros | null, source: string, trust: Trust): void {
    if (at === null) return;
    this.#lines.push({ at, source, trust });
    if (this.#lines.length > MAX_LINES) this.#lines.splice(0, MAX_LINES / 4);
  }

  view(finishedUs: Micros, startedUs: Micros | null): LedgerView {
    const before = Math.max(finishedUs - BEFORE_US, startedUs ?? -Infinity);
    const from = this.#readings.findLast(({ at }) => at <= before);
    const to = this.#readings.find(({ at }) => at >= finishedUs);
    if (!from || !to) return { state: 'unknown', counted: null, parsed: 0, from: from?.at ?? null, to: to?.at ?? null };
    const counted = to.oomKill - from.oomKill;
    const { least, most } = this.#parsed(from.at, to.at);
    const state = counted === 0 ? 'unchanged' : counted > most ? 'ahead' : counted < least ? 'behind' : 'agrees';
    return { state, counted, parsed: Math.min(most, counted), from: from.at, to: to.at };
  }

  /** Compares what has settled since the last time; gives a newly found gap. */
  check(settledUs: Micros): { from: Micros; to: Micros; counted: number; parsed: number } | null {
    const from = this.#checked;
    const to = this.#readings.findLast(({ at }) => at <= settledUs);
    if (!from || !to || to.at <= from.at) return null;
    const counted = to.oomKill - from.oomKill;
    const { most } = this.#parsed(from.at, to.at);
    this.#checked = to;
    if (counted <= most) return null;
    const gap = { from: from.at, to: to.at, counted, parsed: most };
    this.#gaps.push(gap);
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
    return gap;
  }

  status(): LedgerStatus {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    return {
      since: formatTimeOrNull(first?.at ?? null),
      to: formatTimeOrNull(last?.at ?? null),
      counted: first && last ? last.oomKill - first.oomKill : null,
      parsed: first && last ? this.#parsed(first.at, last.at).most : 0,
      gaps: this.#gaps.map((gap) => ({ ...gap, from: formatTime(gap.from), to: formatTime(gap.to) })),
    };
  }

  /** Lines read between two readings; the same kill in two logs is one. Lines at the edges may belong to either side. */
  #parsed(from: Micros, to: Micros): { least: number; most: number } {
    const most = new Map<string, number>();
    const least = new Map<string, number>();
    for (const { at, source, trust } of this.#lines) {
      const edge = TOLERANCE_US[trust];
      if (at >= from - edge && at <= to + edge) most.set(source, (most.get(source) ?? 0) + 1);
      if (trust === 'kernel' && at >= from + edge && at <= to - edge) least.set(source, (least.get(source) ?? 0) + 1);
    }
    return { least: Math.max(0, ...least.values()), most: Math.max(0, ...most.values()) };
  }

  /** Keeps the newest readings all, and of older ones those where the count moved. */
  #thin(): void {
    if (this.#readings.length <= MAX_READINGS) return;
    const half = this.#readings.length / 2;
    const kept = this.#readings.filter(
      ({ oomKill }, index) => index >= half || index === 0 || this.#readings[index - 1]?.oomKill !== oomKill || this.#readings[index + 1]?.oomKill !== oomKill,
    );
    this.#readings.splice(0, this.#readings.length, ...(kept.length > MAX_READINGS ? kept.slice(-half) : kept));
  }
}
