import { firstWhere } from '../lib/first-where.ts';
import type { Micros } from '../lib/time.ts';

/** Items by their time, which does not change; what lies between two moments is found without looking at the others. */
export class TimeIndex<T extends { readonly finishedUs: Micros }> {
  readonly #at = new Map<Micros, Set<T>>();
  readonly #times: Micros[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(item: T): boolean {
    return this.#at.get(item.finishedUs)?.has(item) === true;
  }

  add(item: T): void {
    const { finishedUs } = item;
    const items = this.#at.get(finishedUs);
    if (items?.has(item) === true) return;
    this.#size += 1;
    if (items) {
      items.add(item);
      return;
    }
    this.#at.set(finishedUs, new Set([item]));
    // Nearly always the newest.
    this.#times.splice(this.#first(finishedUs), 0, finishedUs);
  }

  delete(item: T): void {
    const { finishedUs } = item;
    const items = this.#at.get(finishedUs);
    if (items?.delete(item) !== true) return;
    this.#size -= 1;
    if (items.size > 0) return;
    this.#at.delete(finishedUs);
    this.#times.splice(this.#first(finishedUs), 1);
  }

  /** Oldest first, both ends included; items may be added and deleted while they are gone through. */
  between(from: Micros, to: Micros): readonly T[] {
    const found: T[] = [];
    for (let at = this.#first(from); at < this.#times.length; at += 1) {
      const time = this.#times[at] ?? Infinity;
      if (time > to) break;
      found.push(...(this.#at.get(time) ?? []));
    }
    return found;
  }

  /** Index of the first time that is not before the moment. */
  #first(moment: Micros): number {
    return firstWhere(this.#times.length, (at) => (this.#times[at] ?? Infinity) >= moment);
  }
}
