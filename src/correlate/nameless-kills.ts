import { firstWhere } from '../lib/first-where.ts';
import type { Micros } from '../lib/time.ts';
import type { KillEntry } from './kill-entry.ts';

/** Kills of which only the pid is known, in order of time. */
export class NamelessKills {
  /** Under the time that each was put in by: it may be told otherwise later. */
  readonly #placed = new Map<KillEntry, Micros | null>();
  readonly #sorted: { readonly atUs: Micros; readonly entry: KillEntry }[] = [];
  readonly #timeless = new Set<KillEntry>();

  add(entry: KillEntry): void {
    if (this.#placed.has(entry) && this.#placed.get(entry) === entry.atUs) return;
    this.delete(entry);
    const { atUs } = entry;
    this.#placed.set(entry, atUs);
    if (atUs === null) this.#timeless.add(entry);
    // Nearly always the newest.
    else this.#sorted.splice(this.#first(atUs), 0, { atUs, entry });
  }

  delete(entry: KillEntry): void {
    const atUs = this.#placed.get(entry);
    if (atUs === undefined) return;
    this.#placed.delete(entry);
    if (atUs === null) {
      this.#timeless.delete(entry);
      return;
    }
    let at = this.#first(atUs);
    while (this.#sorted[at]?.entry !== entry) at += 1;
    this.#sorted.splice(at, 1);
  }

  /**
   * The first between two moments (or of no known time) that is still nobody's. One that was somebody's once is not asked
   * about again: in a storm there are thousands.
   */
  find(from: Micros, to: Micros, isNobodys: (entry: KillEntry) => boolean): KillEntry | null {
    const claimed: KillEntry[] = [];
    let found: KillEntry | null = null;
    for (const entry of this.#between(from, to)) {
      if (isNobodys(entry)) {
        found = entry;
        break;
      }
      claimed.push(entry);
    }
    for (const entry of claimed) this.delete(entry);
    return found;
  }

  *#between(from: Micros, to: Micros): Generator<KillEntry> {
    yield* this.#timeless;
    for (let at = this.#first(from); at < this.#sorted.length; at += 1) {
      const one = this.#sorted[at];
      if (!one || one.atUs > to) return;
      yield one.entry;
    }
  }

  /** Index of the first that is not before the moment. */
  #first(moment: Micros): number {
    return firstWhere(this.#sorted.length, (at) => (this.#sorted[at]?.atUs ?? Infinity) >= moment);
  }
}
