import { Backoff } from '../../lib/backoff.ts';
import { MS, type Micros } from '../../lib/time.ts';
import type { Notice } from './event.ts';

/** Namespaces of which it is remembered that they refuse; more than a node's pods are in. */
const MAX_REFUSALS = 500;
const MIN_REFUSAL_MS = 30_000;
const MAX_REFUSAL_MS = 600_000;

interface Refusal {
  readonly backoff: Backoff;
  untilUs: Micros;
}

/** What waits to be written: one a name, the oldest first, the namespaces that refuse left aside for a while. */
export class Pending {
  readonly #max: number;
  readonly #random: () => number;
  readonly #notices = new Map<string, Notice>();
  readonly #refusals = new Map<string, Refusal>();

  constructor(max: number, random: () => number) {
    this.#max = max;
    this.#random = random;
  }

  get size(): number {
    return this.#notices.size;
  }

  /** A newer word of the same Event takes the place of the older. False where there is no room. */
  put(notice: Notice): boolean {
    if (!this.#notices.has(notice.name) && this.#notices.size >= this.#max) return false;
    this.#notices.set(notice.name, notice);
    return true;
  }

  /** One that could not be written, to be tried after the others; nothing, where there is a newer word of it. */
  putBack(notice: Notice): boolean {
    return this.#notices.has(notice.name) || this.put(notice);
  }

  /** The first whose namespace does not refuse. */
  take(now: Micros): Notice | null {
    for (const notice of this.#notices.values()) {
      if (this.#untilUs(notice, now) > now) continue;
      this.#notices.delete(notice.name);
      return notice;
    }
    return null;
  }

  /** When one can be taken; null where nothing waits. */
  dueUs(now: Micros): Micros | null {
    let due: Micros | null = null;
    for (const notice of this.#notices.values()) {
      const at = this.#untilUs(notice, now);
      if (at <= now) return now;
      due = Math.min(due ?? Infinity, at);
    }
    return due;
  }

  /** Those about exits before that moment are taken away; gives how many. */
  expire(before: Micros): number {
    const old = [...this.#notices.values()].filter(({ lastUs }) => lastUs < before);
    for (const { name } of old) this.#notices.delete(name);
    return old.length;
  }

  /** The namespace refuses: it is asked again later and later. */
  refused(namespace: string, now: Micros): void {
    const refusal = this.#refusals.get(namespace) ?? { backoff: new Backoff(MIN_REFUSAL_MS, MAX_REFUSAL_MS, this.#random), untilUs: 0 };
    refusal.untilUs = now + refusal.backoff.next() * MS;
    this.#refusals.set(namespace, refusal);
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > MAX_REFUSALS && oldest !== undefined) this.#refusals.delete(oldest);
  }

  accepted(namespace: string): void {
    this.#refusals.delete(namespace);
  }

  /** Never longer than the longest wait, also where the clock was set back. */
  #untilUs({ subject }: Notice, now: Micros): Micros {
    return Math.min(this.#refusals.get(subject.namespace)?.untilUs ?? 0, now + MAX_REFUSAL_MS * MS);
  }
}
