import type { Micros } from '../lib/time.ts';
import { KeyIndex } from './key-index.ts';
import type { KnownExit } from './known-exit.ts';
import { TimeIndex } from './time-index.ts';

/** The exits that are kept, by name, by time, and by how far their answers are; and who makes room for others. */
export class ExitBook {
  readonly #max: number;
  readonly #maxFinal: number;
  readonly #kept = new Set<KnownExit>();
  /** Those whose answer nothing is expected to change, and others that have one: in the order in which they came to it. */
  readonly #final = new Set<KnownExit>();
  readonly #answered = new Set<KnownExit>();
  readonly byKey = new KeyIndex<KnownExit>();
  /** Those that wait for their evidence. */
  readonly open = new TimeIndex<KnownExit>();
  /** Those that had their time; evidence may still change their answer. */
  readonly settled = new TimeIndex<KnownExit>();

  /** `maxFinal`: of those that have a final answer. */
  constructor(max: number, maxFinal: number) {
    this.#max = max;
    this.#maxFinal = maxFinal;
  }

  [Symbol.iterator](): Iterator<KnownExit> {
    return this.#kept[Symbol.iterator]();
  }

  add(one: KnownExit, keys: readonly string[]): void {
    this.#kept.add(one);
    this.byKey.set(one, keys);
    this.place(one);
  }

  /** Takes note of where its answer stands. `isOver`: no news changes it. */
  place(one: KnownExit, isOver = false): void {
    if (!one.settled) {
      this.open.add(one);
      return;
    }
    this.open.delete(one);
    if (isOver) this.settled.delete(one);
    else this.settled.add(one);
    const isFinal = one.answer?.final !== false;
    (isFinal ? this.#final : this.#answered).add(one);
    (isFinal ? this.#answered : this.#final).delete(one);
  }

  delete(one: KnownExit): void {
    this.#kept.delete(one);
    this.#final.delete(one);
    this.#answered.delete(one);
    this.open.delete(one);
    this.settled.delete(one);
    this.byKey.delete(one);
  }

  /** So many wait for their evidence that it is to be read before more are told of. */
  get isFull(): boolean {
    return this.open.size >= 2 * this.#max;
  }

  /**
   * Who makes room. In a flood the kernel's log is read later than exits are told: who has no final answer is kept longer,
   * and who has none at all as long as whoever tells of exits can be asked to wait, and longer.
   */
  toForget(): KnownExit | undefined {
    const { size } = this.#kept;
    const [final] = this.#final;
    if (this.#final.size > this.#maxFinal) return final;
    if (size <= this.#max) return undefined;
    if (final || size <= 2 * this.#max) return final;
    const [answered] = this.#answered;
    if (answered || size <= 3 * this.#max) return answered;
    const [oldest] = this.#kept;
    return oldest;
  }

  /** Until when, after an exit, a kill line changed what surrounds it, at most. */
  widestUs: Micros = 0;
}
