import { MS, SECOND, type Micros } from '../lib/time.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { Span } from './coverage.ts';
import { isBeyondNews, type KnownExit } from './known-exit.ts';
import { News } from './news.ts';

/** How often the exits of which something may be known otherwise are looked for. */
const LOOK_US = SECOND / 4;
/** So many are judged anew within so long, that others get their turn in a flood. */
const AT_ONCE = 8;
const TURN_US = 20 * MS;

/** Which exits are to be judged anew, and when: in a flood, those that have their first answer can wait a moment for more. */
export class Agenda {
  readonly #news = new News();
  readonly #due = new Set<KnownExit>();
  #lookedUs: Micros = 0;
  #turnUs: Micros = 0;
  #inTurn = 0;
  #most = AT_ONCE;

  told(span: Span): void {
    this.#news.told(span);
  }

  line(at: Micros, trust: Trust): void {
    this.#news.line(at, trust);
  }

  forget(one: KnownExit): void {
    this.#due.delete(one);
  }

  /** The input is over: nobody else waits for his turn. */
  hurry(): void {
    this.#most = Infinity;
    this.#lookedUs = -Infinity;
  }

  /** Puts those on it that the news concern; not again before they had their turn, nor too often. */
  look(now: Micros, exits: Iterable<KnownExit>): void {
    if (this.#due.size > 0 || !this.#news.any || Math.abs(now - this.#lookedUs) < LOOK_US) return;
    this.#lookedUs = now;
    for (const one of exits) if (!isBeyondNews(one) && this.#news.concern(one)) this.#due.add(one);
    this.#news.clear();
  }

  /** Whether one more may be judged now; counts it. */
  hasTurn(now: Micros): boolean {
    if (Math.abs(now - this.#turnUs) >= TURN_US) {
      this.#turnUs = now;
      this.#inTurn = 0;
    }
    if (this.#inTurn >= this.#most) return false;
    this.#inTurn += 1;
    return true;
  }

  /** The next one, if its turn has come. */
  take(now: Micros): KnownExit | null {
    const [one] = this.#due;
    if (one === undefined || !this.hasTurn(now)) return null;
    this.#due.delete(one);
    return one;
  }

  get nextTurnUs(): Micros {
    return this.#turnUs + TURN_US;
  }

  /** When something is to be done next. */
  get nextUs(): Micros {
    if (this.#due.size > 0) return this.nextTurnUs;
    return this.#news.any ? this.#lookedUs + LOOK_US : Infinity;
  }
}
