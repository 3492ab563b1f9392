import { SECOND, type Micros } from '../lib/time.ts';
import type { Trust } from '../model/oom-kill.ts';
import type { Span } from './coverage.ts';
import { isWithin, type KnownExit } from './known-exit.ts';
import { TOLERANCE_US } from './ledger-book.ts';

/** An exit may follow a kill that concerns it by so much. */
const AFTER_US = 90 * SECOND;

/** Of which times something was told since exits were last looked at. */
export class News {
  #told: Span | null = null;
  /** Moments of kill lines: they concern exits near them, before them by little. */
  #lines: Span | null = null;

  get any(): boolean {
    return this.#told !== null || this.#lines !== null;
  }

  told(span: Span): void {
    this.#told = around(this.#told, span);
  }

  line(at: Micros, trust: Trust): void {
    this.#lines = around(this.#lines, { from: at - TOLERANCE_US[trust], to: at });
  }

  /** Whether what surrounds this exit may be another now. */
  concern(one: KnownExit): boolean {
    if (this.#told !== null && isWithin(one, this.#told)) return true;
    return this.#lines !== null && one.linesToUs >= this.#lines.from && one.finishedUs <= this.#lines.to + AFTER_US;
  }

  clear(): void {
    this.#told = this.#lines = null;
  }
}

function around(known: Span | null, { from, to }: Span): Span {
  return { from: Math.min(from, known?.from ?? Infinity), to: Math.max(to, known?.to ?? -Infinity) };
}
