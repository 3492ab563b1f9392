import { SECOND, type Micros } from '../lib/time.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { Span } from './coverage.ts';
import { TOLERANCE_US } from './ledger-book.ts';

/** An exit may follow a kill that concerns it by so much. */
const AFTER_US = 90 * SECOND;
/** Sources tell of times of their own, each of one after the other: beyond this they are taken as one. */
const MAX_SPANS = 32;

/** Of which times something was told since exits were last looked at. */
export class News {
  #told: Span[] = [];
  /** Moments of kill lines: they concern exits near them, before them by little. */
  #lines: Span | null = null;

  get any(): boolean {
    return this.#told.length > 0 || this.#lines !== null;
  }

  /** A source that is behind tells of another time than one that is not: what lies between them is no news. */
  told(span: Span): void {
    const apart = this.#told.filter(({ from, to }) => from > span.to || to < span.from);
    const touching = this.#told.filter((one) => !apart.includes(one));
    this.#told = [...apart, touching.reduce(hull, span)];
    if (this.#told.length > MAX_SPANS) this.#told = [this.#told.reduce(hull)];
  }

  line(at: Micros, trust: Trust): void {
    const span = { from: at - TOLERANCE_US[trust], to: at };
    this.#lines = this.#lines === null ? span : hull(this.#lines, span);
  }

  takeTold(): readonly Span[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  /** `from`: lines; `to`: the exits that may have followed one. */
  takeLines(): Span | null {
    const lines = this.#lines;
    this.#lines = null;
    return lines && { from: lines.from, to: lines.to + AFTER_US };
  }
}

function hull(one: Span, other: Span): Span {
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}
