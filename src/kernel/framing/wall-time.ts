import { DAY, HOUR, MINUTE, MS, parseTime, type Micros } from '../../lib/time.ts';

/** What a log line's wall time leaves out. */
export interface TimeContext {
  /** Zone of the local times; null: not known, so local times stay unknown. */
  readonly timezone: string | null;
  /** Year of the first line; null: not known. */
  readonly year: number | null;
  /** A moment shortly after the newest line (the agent's now, which moves; a file's mtime): gives the year where none is known. */
  readonly before: Micros | null;
  /** When the machine booted: turns the kernel's own clock into wall time. */
  readonly bootTimeUs: Micros | null;
}

/** The context of a reader that may live for months: what is "shortly after the newest line" moves with the clock. */
export function movingWith(now: () => Micros, context: TimeContext): TimeContext {
  return {
    get timezone() {
      return context.timezone;
    },
    get bootTimeUs() {
      return context.bootTimeUs;
    },
    year: context.year,
    get before() {
      return context.before ?? now() + MINUTE;
    },
  };
}

export const NO_TIME: TimeContext = { timezone: null, year: null, before: null, bootTimeUs: null };

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** Reads the wall times of one stream of lines, which only grow: remembers the year across New Year. */
export class WallClock {
  readonly #context: TimeContext;
  #year: number | null;
  #month: number | null = null;

  constructor(context: TimeContext) {
    this.#context = context;
    this.#year = context.year;
  }

  /** `Nov 23 17:43:25[.frac]`, `Nov 23 2026 17:43:25`, or null. */
  local(month: string, day: string, clock: string, year: string | undefined): Micros | null {
    const index = MONTHS.indexOf(month) / 3;
    if (!Number.isInteger(index) || this.#context.timezone === null) return null;
    if (year !== undefined) return this.#at(Number(year), index, day, clock);
    if (this.#year !== null) return this.#at(this.#yearOf(this.#year, index), index, day, clock);
    const { before } = this.#context;
    if (before === null) return null;
    const thisYear = new Date(before / MS).getUTCFullYear();
    // A 29 February may lie up to eight years back; everything else is this year's or last year's.
    for (let candidate = thisYear + 1; candidate >= thisYear - 8; candidate -= 1) {
      const at = this.#at(candidate, index, day, clock);
      if (at !== null && at <= before + DAY) return at;
    }
    return null;
  }

  /** RFC 3339 with offset, or (with the context's zone) without. */
  iso(text: string): Micros | null {
    const at = parseTime(text);
    if (at !== null || this.#context.timezone === null) return at;
    return asUtc(parseTime(`${text}Z`), this.#context.timezone);
  }

  /** The kernel's clock to wall time. */
  monotonic(us: number): Micros | null {
    return this.#context.bootTimeUs === null ? null : this.#context.bootTimeUs + us;
  }

  /** The year of a line in this month; a line of the old year may still come behind one of the new. */
  #yearOf(year: number, month: number): number {
    const ahead = this.#month === null ? 0 : month - this.#month;
    if (ahead > 6) return year - 1;
    this.#year = ahead < -6 ? year + 1 : year;
    this.#month = month;
    return this.#year;
  }

  #at(year: number, month: number, day: string, clock: string): Micros | null {
    const date = `${String(year)}-${String(month + 1).padStart(2, '0')}-${day.trim().padStart(2, '0')}`;
    const utc = parseTime(`${date}T${clock}Z`);
    if (utc === null || new Date(utc / MS).getUTCMonth() !== month) return null;
    return asUtc(utc, this.#context.timezone ?? 'UTC');
  }
}

/** A zone's local time to UTC; null for a zone that this Node does not know: better no time than a wrong one. */
function asUtc(local: Micros | null, timezone: string): Micros | null {
  const offset = local === null ? null : zoneOffset(timezone, local);
  return local === null || offset === null ? null : local - offset;
}

const offsets = new Map<string, Micros | null>();

/** Offset of a zone from UTC about a local time, microseconds. */
function zoneOffset(timezone: string, local: Micros): Micros | null {
  if (timezone === 'UTC' || timezone === 'Etc/UTC') return 0;
  const key = `${timezone} ${String(Math.floor(local / HOUR))}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    // The offset at the local time taken as UTC, then once more at the moment that gives.
    const near = offsetAt(timezone, local);
    offset = near === null ? null : offsetAt(timezone, local - near);
    if (offsets.size > 1_000) offsets.clear();
    offsets.set(key, offset);
  }
  return offset;
}

function offsetAt(timezone: string, utc: Micros): Micros | null {
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(new Date(utc / MS));
    const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
    const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return local * MS - Math.floor(utc / (1_000 * MS)) * 1_000 * MS;
  } catch {
    return null;
  }
}
