import { formatTimeOrNull, MS, SECOND, type Micros } from '../lib/time.ts';
import type { SourceEvent, SourceKind } from '../model/source-event.ts';
import type { SourceStatus } from '../model/source-status.ts';
import type { BlindSpot } from '../model/verdict.ts';

interface Interval {
  from: Micros | null;
  to: Micros;
}

/** Times between which exits are to be judged again. */
export interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

/** What is kept of a source's past. */
const MAX_KEPT = 64;
/** One that says every moment how far it has read, and comes no further for so long, is not waited for. */
const STILL_US = 10 * SECOND;
/** A kill line may come this long before the exit it causes. */
export const BEFORE_US = 5 * SECOND;

/** A source as it is known before it speaks. */
export interface SourceTold {
  readonly name: string;
  readonly kind: SourceKind;
  /** What cannot be seen while it is down. */
  readonly hides: string;
  /** May never be there: nobody waits for it, and it is no blind spot before it has been there once. */
  readonly optional?: boolean;
  /** Says every moment how far it has read, also while nothing comes: that it does not say so means that it is behind. */
  readonly provesSilence?: boolean;
}

/** One source: whether it is up, and which times it has certainly read. */
export class SourceCoverage {
  readonly name: string;
  readonly kind: SourceKind;
  readonly hides: string;
  readonly #optional: boolean;
  readonly #provesSilence: boolean;
  up = false;
  sinceUs: Micros | null = null;
  detail = 'not started';
  cure: string | null = null;
  records = 0;
  /** How often it stood still and was begun anew. */
  restarts = 0;
  /** From when on it reads everything, while it is up. */
  #reading: Micros | null = null;
  readonly intervals: Interval[] = [];
  readonly gaps: { from: Micros | null; to: Micros | null; why: string }[] = [];
  #heardUs: Micros = -Infinity;
  /** When it last came further. */
  #movedUs: Micros = -Infinity;
  /** All of them, also those that are not kept. */
  #gapCount = 0;

  constructor({ name, kind, hides, optional = false, provesSilence = false }: SourceTold) {
    this.name = name;
    this.kind = kind;
    this.hides = hides;
    this.#optional = optional;
    this.#provesSilence = provesSilence;
  }

  /** Whether it counts: one that may never be there does so once it has been there. */
  get missed(): boolean {
    return !this.#optional || this.sinceUs !== null;
  }

  /** Takes the source's word; `now` is when it came. Gives the time over which a log is known otherwise now. */
  hear(event: SourceEvent, now: Micros): Span | null {
    if (now < this.#heardUs) this.#clockSetBack(now);
    this.#heardUs = now;
    // With its first word it is known of every moment why it was not read then.
    const isFirst = this.sinceUs === null && (event.type === 'up' || event.type === 'down');
    const news = this.#take(event, now);
    if (this.kind !== 'kernel-log' && this.kind !== 'witness') return null;
    return isFirst ? { from: -Infinity, to: Infinity } : news;
  }

  #take(event: SourceEvent, now: Micros): Span | null {
    switch (event.type) {
      case 'up':
        if (!this.up) this.sinceUs = now;
        this.up = true;
        this.#reading ??= now;
        this.detail = event.detail;
        this.cure = null;
        return { from: now, to: Infinity };
      case 'down':
        if (this.up || this.sinceUs === null) this.sinceUs = now;
        this.up = false;
        if (event.restarted === true) this.restarts += 1;
        this.#reading = null;
        this.detail = event.why;
        this.cure = event.cure;
        return null;
      case 'gap':
        this.#gapCount += 1;
        this.gaps.push({ from: event.from, to: event.to, why: event.why });
        if (this.gaps.length > MAX_KEPT) this.gaps.shift();
        return { from: event.from ?? -Infinity, to: (event.to ?? Infinity) + BEFORE_US };
      case 'covered': {
        const before = this.intervals.at(-1);
        const known = before && (event.from === null || (before.from !== null && event.from >= before.from)) ? before.to : (event.from ?? -Infinity);
        if (this.#covered(event.from, event.to)) this.#movedUs = now;
        return { from: Math.min(known, event.to), to: event.to };
      }
      default:
        this.records += 1;
        return null;
    }
  }

  /** Whether it read the moment: for certain, or as far as one can tell because it is up. */
  state(at: Micros): 'proven' | 'up' | 'blind' {
    const from = at - BEFORE_US;
    if (this.gapOver(at) !== null) return 'blind';
    if (this.intervals.some((one) => (one.from === null || one.from <= from) && one.to >= at)) return 'proven';
    const reading = this.#readingSince();
    return this.up && reading !== null && reading <= from ? 'up' : 'blind';
  }

  /** Whether it is being read and comes to the moment: it is behind, and came further since, or not long ago. */
  isComing(at: Micros, now: Micros, sinceUs: Micros): boolean {
    return this.#movedUs >= (this.#provesSilence ? Math.min(sinceUs, now - STILL_US) : sinceUs) && this.state(at) === 'up';
  }

  /** It is up, and has certainly not read as far as the moment. */
  isBehind(at: Micros): boolean {
    return this.#provesSilence && this.state(at) === 'up';
  }

  /** It has certainly read the moment, and what it tells of it is proven to be the kernel's. */
  proves(at: Micros): boolean {
    return this.#provesSilence && this.state(at) === 'proven';
  }

  /** Why the moment could not be seen. */
  blindSpot(at: Micros): BlindSpot {
    const gap = this.gapOver(at);
    if (gap) return { source: this.name, from: formatTimeOrNull(gap.from), to: formatTimeOrNull(gap.to), why: gap.why };
    if (!this.up) return { source: this.name, from: formatTimeOrNull(this.sinceUs), to: null, why: this.detail };
    if (this.isBehind(at)) return { source: this.name, from: formatTimeOrNull(this.intervals.at(-1)?.to ?? this.sinceUs), to: null, why: 'it is behind: what came since has not been read yet' };
    const reading = this.#readingSince();
    return { source: this.name, from: null, to: formatTimeOrNull(reading), why: 'it holds nothing from before' };
  }

  gapOver(at: Micros): { from: Micros | null; to: Micros | null; why: string } | null {
    return this.gaps.find((gap) => (gap.from ?? -Infinity) <= at && (gap.to ?? Infinity) >= at - BEFORE_US) ?? null;
  }

  status(now: Micros, position: string | null, dropped: Readonly<Record<string, number>>): SourceStatus {
    const last = this.intervals.at(-1);
    return {
      name: this.name,
      kind: this.kind,
      up: this.up,
      since: formatTimeOrNull(this.sinceUs),
      detail: this.detail,
      cure: this.cure,
      lagMs: last === undefined ? null : Math.max(0, Math.round((now - last.to) / MS)),
      position,
      coverage: this.intervals.map(({ from, to }) => ({ from: formatTimeOrNull(from), to: formatTimeOrNull(to) ?? '' })),
      gaps: this.gaps.map(({ from, to, why }) => ({ from: formatTimeOrNull(from), to: formatTimeOrNull(to), why })),
      gapCount: this.#gapCount,
      hides: this.hides,
      records: this.records,
      restarts: this.restarts,
      dropped: { ...dropped },
    };
  }

  /** The beginning of the unbroken time up to now: what was caught up with joins what is followed. */
  #readingSince(): Micros | null {
    if (this.#reading === null) return null;
    const reading = this.#reading;
    const caughtUp = this.intervals.find((one) => one.to >= reading - SECOND);
    return caughtUp ? Math.min(reading, caughtUp.from ?? -Infinity) : reading;
  }

  /** Times that come a second time have not been read yet. */
  #clockSetBack(now: Micros): void {
    while ((this.intervals.at(-1)?.from ?? -Infinity) >= now) this.intervals.pop();
    const last = this.intervals.at(-1);
    if (last) last.to = Math.min(last.to, now);
    if (this.#reading !== null) this.#reading = Math.min(this.#reading, now);
    this.#movedUs = Math.min(this.#movedUs, now);
  }

  /** True when it read further than it had. */
  #covered(from: Micros | null, to: Micros): boolean {
    const last = this.intervals.at(-1);
    const begin = from ?? last?.from ?? this.#reading ?? to;
    if (last && begin <= last.to) {
      const isFurther = to > last.to;
      last.from = last.from === null ? null : Math.min(last.from, begin);
      last.to = Math.max(last.to, to);
      return isFurther;
    }
    this.intervals.push({ from: begin, to });
    if (this.intervals.length > MAX_KEPT) this.intervals.shift();
    return true;
  }
}
