import { parseTime, type Micros } from '../../lib/time.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import { frameJournalRecord, KernelTime, readJournalRecord, type JournalRecord } from '../framing/journal-json.ts';
import type { Framed } from '../framing/kernel-line.ts';
import { frameKmsg } from '../framing/kmsg-record.ts';
import { WallClock, type TimeContext } from '../framing/wall-time.ts';
import type { KillListener } from '../report/assembler.ts';
import { Machines } from '../report/machines.ts';
import { Drops } from './drops.ts';

/** Reads whole records: of the journal (`journalctl -o json`) or of /dev/kmsg. */
abstract class RecordReader {
  readonly drops = new Drops();
  readonly #source: string;
  readonly #machines: Machines;
  #at = 0;

  constructor(source: string, listener: KillListener) {
    this.#source = source;
    this.#machines = new Machines(listener);
  }

  get holding(): boolean {
    return this.#machines.holding;
  }

  idle(): void {
    this.#machines.idle();
  }

  end(): void {
    this.#machines.end();
  }

  protected take(framed: Framed): void {
    if ('drop' in framed) {
      this.drops.count(framed.drop);
      return;
    }
    this.#at += framed.line.raw.length;
    this.#machines.push({ ...framed.line, at: this.#at, source: this.#source });
  }
}

export class JournalReader extends RecordReader {
  readonly #clock = new KernelTime();

  /** Takes one line of `journalctl -o json`. */
  push(line: string): void {
    this.pushRecord(readJournalRecord(line));
  }

  /** Takes a record; null for a line that is none. */
  pushRecord(record: JournalRecord | null): void {
    this.take(record === null ? { drop: 'not-json' } : frameJournalRecord(record, this.#clock));
  }
}

export class KmsgReader extends RecordReader {
  readonly #clock: WallClock;

  constructor(source: string, context: TimeContext, listener: KillListener) {
    super(source, listener);
    this.#clock = new WallClock(context);
  }

  /** `readUs`: when it was read, if it was read as it was written; the kernel's own clock drifts. */
  push(record: string, readUs: Micros | null = null): void {
    const framed = frameKmsg(record, this.#clock);
    this.take('line' in framed && readUs !== null ? { line: { ...framed.line, timeUs: readUs } } : framed);
  }
}

const MAX_KNOWN = 4_096;
/** Kills of one id that are kept apart by their times. */
const MAX_SAME = 16;
const MAX_DIFFERENCE_US = 2_000_000;

/** Collects kills as they become complete: for those who want each once, also where a log was pasted twice. */
export function collectKills(onComplete: (kill: OomKill) => void): KillListener {
  const known = new Map<string, OomKill[]>();
  return {
    onKill() {
      // Told again when the report ends.
    },
    onReportEnd(kills) {
      for (const kill of kills) {
        const same = known.get(kill.id) ?? [];
        if (same.some((one) => isSame(one, kill))) continue;
        known.set(kill.id, [...same, kill].slice(-MAX_SAME));
        const [oldest] = known.keys();
        if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
        onComplete(kill);
      }
    },
  };
}

/** Of one id: the kernel said the same of both. At different times they are two, as when machines repeat themselves. */
function isSame(a: OomKill, b: OomKill): boolean {
  if (a.bootId !== null && b.bootId !== null && a.bootId !== b.bootId) return false;
  if (a.monotonicUs !== null && b.monotonicUs !== null) return a.monotonicUs === b.monotonicUs;
  const [at, other] = [a, b].map(({ time }) => (time === null ? null : parseTime(time)));
  return at == null || other == null || Math.abs(at - other) <= MAX_DIFFERENCE_US;
}
