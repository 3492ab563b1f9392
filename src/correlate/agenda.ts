import { SECOND, type Micros } from '../lib/time.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { Span } from './coverage.ts';
import type { ExitBook } from './exit-book.ts';
import { isBeyondNews, isWithin, type KnownExit } from './known-exit.ts';
import { News } from './news.ts';

/** How often the exits of which something may be known otherwise are looked for. */
const LOOK_US = SECOND / 4;
/** While no more than so many wait, each is judged as soon as something is told of its time. */
const FEW = 40;
/** An answer is not held back longer than this, however far behind the logs are. */
const LONGEST_US = 60 * SECOND;

/** What the agenda asks of an exit's evidence. */
export interface Evidence {
  /** Every log that may tell of it has been read beyond it, or nobody can say. */
  isComplete(one: KnownExit): boolean;
  /** It is not, and a log is being read that comes to it. */
  isComing(one: KnownExit): boolean;
}

/**
 * Who is judged when. First answers go before new ones. An exit waits its settle time, and where its logs are known to be
 * behind until they have come to it: it is judged once, when its evidence is complete.
 */
export class Agenda {
  readonly #exits: ExitBook;
  readonly #evidence: Evidence;
  readonly #settleUs: Micros;
  readonly #news = new News();
  /** Those whose settle time is not over, and those whose logs are behind: the first due first. */
  readonly #waiting = new Set<KnownExit>();
  readonly #held = new Set<KnownExit>();
  readonly #first = new Set<KnownExit>();
  readonly #again = new Set<KnownExit>();
  #lookedUs: Micros = 0;

  constructor(exits: ExitBook, evidence: Evidence, settleUs: Micros) {
    this.#exits = exits;
    this.#evidence = evidence;
    this.#settleUs = settleUs;
  }

  /** So few wait that whatever is told of one may be looked at at once. */
  get isQuiet(): boolean {
    return this.#exits.open.size <= FEW;
  }

  add(one: KnownExit): void {
    this.#waiting.add(one);
  }

  forget(one: KnownExit): void {
    for (const list of [this.#waiting, this.#held, this.#first, this.#again]) list.delete(one);
  }

  /** Gives those to be judged at once. */
  told(span: Span): readonly KnownExit[] {
    this.#news.told(span);
    return this.isQuiet ? this.#exits.open.between(span.from, span.to) : [];
  }

  line(at: Micros, trust: Trust): void {
    this.#news.line(at, trust);
  }

  /** The wall clock was set back: nobody waits longer for that. */
  clockSetBack(now: Micros): void {
    for (const one of [...this.#waiting, ...this.#held]) one.deadlineUs = Math.min(one.deadlineUs, now + this.#settleUs);
    this.#lookedUs = Math.min(this.#lookedUs, now);
  }

  /** The input is over: nothing comes any more that could be waited for. */
  hurry(): void {
    for (const one of this.#held) this.#first.add(one);
    this.#held.clear();
    this.#lookedUs = -Infinity;
  }

  /** Puts those on it whose time is over, and now and then those that news concern. False: it is not through. */
  look(now: Micros, isTurnOver: () => boolean): boolean {
    for (const one of this.#waiting) {
      if (one.deadlineUs > now) break;
      this.#waiting.delete(one);
      if (this.#evidence.isComing(one)) this.#held.add(one);
      else this.#first.add(one);
      if (isTurnOver()) return false;
    }
    if (Math.abs(now - this.#lookedUs) < LOOK_US) return true;
    this.#lookedUs = now;
    for (const span of this.#news.takeTold()) this.#lookAt(span);
    if (this.#again.size === 0) this.#lookAtLines(this.#news.takeLines());
    for (const one of this.#held) {
      if (one.deadlineUs + LONGEST_US > now && this.#evidence.isComing(one)) break;
      this.#release(one);
    }
    return true;
  }

  /** The next one to be judged; `first`: for its first answer, for its time is over. */
  take(): { readonly one: KnownExit; readonly first: boolean } | null {
    for (const list of [this.#first, this.#again]) {
      const [one] = list;
      if (one === undefined) continue;
      list.delete(one);
      return { one, first: list === this.#first };
    }
    return null;
  }

  /** When something is to be done next. */
  nextUs(now: Micros): Micros {
    if (this.#first.size > 0 || this.#again.size > 0) return now;
    const [next] = this.#waiting;
    const lookUs = this.#news.any || this.#held.size > 0 ? this.#lookedUs + LOOK_US : Infinity;
    return Math.min(next?.deadlineUs ?? Infinity, lookUs);
  }

  #lookAt({ from, to }: Span): void {
    // Kills a little later may still change an answer: one that is held may as well wait for them.
    for (const one of this.#exits.open.between(from - SECOND, to)) {
      if (this.#held.has(one)) {
        if (this.#evidence.isComplete(one)) this.#release(one);
      } else if (isWithin(one, { from, to }) && (this.isQuiet || this.#evidence.isComplete(one))) this.#again.add(one);
    }
    for (const one of this.#exits.settled.between(from, to)) if (!isBeyondNews(one)) this.#again.add(one);
  }

  #lookAtLines(lines: Span | null): void {
    if (lines === null) return;
    const { open, settled, widestUs } = this.#exits;
    const range = [lines.from - widestUs, lines.to] as const;
    // What a line changes for those whose log is still read is seen when it was.
    const all = [...settled.between(...range), ...(this.isQuiet ? open.between(...range) : [])];
    for (const one of all) if (one.linesToUs >= lines.from && !isBeyondNews(one)) this.#again.add(one);
  }

  #release(one: KnownExit): void {
    this.#held.delete(one);
    this.#first.add(one);
  }
}
