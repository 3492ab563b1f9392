import type { Clock } from '../../host/clock.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';

/** Which time of the records has certainly been read, as it is told. */
export class JournalCoverage {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #emit: Emit;
  /** Time of the oldest record that is kept; null: none is known. */
  oldest: Micros | null = null;
  /** Begin of what is covered from now on; null: continues what was told before. */
  #from: Micros | null = null;
  #to: Micros = 0;
  #unbroken = false;

  constructor(source: string, clock: Clock, emit: Emit) {
    this.#source = source;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Records were lost: what is covered from now on begins here. */
  breakAt(to: Micros | null): void {
    this.#unbroken = false;
    this.#from = to;
  }

  /** Reading begins at the last record that was read, or as far back as asked; older than the oldest there is nothing. */
  begin(at: Micros | null): void {
    if (!this.#unbroken && this.oldest !== null) this.#from = Math.max(this.oldest, this.#from ?? at ?? 0);
  }

  firstRecord(time: Micros): void {
    this.oldest = time;
    this.#from = time;
  }

  /** Everything up to a moment has been read. */
  upTo(to: Micros): void {
    const now = this.#clock.now();
    // The stamp of another clock: the wall clock was set back since.
    if (to > now) return;
    if (this.#to > now) {
      this.#from = this.#to = to;
      return;
    }
    if (this.oldest === null || to <= (this.#from ?? this.#to)) return;
    this.#emit({ type: 'covered', source: this.#source, from: this.#from, to });
    this.#from = null;
    this.#to = to;
    this.#unbroken = true;
  }
}
