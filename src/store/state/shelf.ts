import type { Micros } from '../../lib/time.ts';
import type { Retention } from '../../model/retention.ts';
import { frame } from './frame.ts';
import type { StateRecord } from './records.ts';

const NEWEST = 200;

interface Item<T> {
  readonly value: T;
  readonly bytes: number;
  readonly atUs: Micros | null;
}

/** Records of one kind by key, the oldest first; bounded by count, bytes and age. */
export class Shelf<T> {
  readonly #retention: Retention;
  readonly #record: (value: T) => StateRecord;
  readonly #timeOf: (value: T) => Micros | null;
  readonly #items = new Map<string, Item<T>>();
  #bytes = 0;
  #evicted = 0;

  constructor(retention: Retention, record: (value: T) => StateRecord, timeOf: (value: T) => Micros | null) {
    this.#retention = retention;
    this.#record = record;
    this.#timeOf = timeOf;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Bytes that its records take in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many had to make room so far. */
  get evicted(): number {
    return this.#evicted;
  }

  get(key: string): T | undefined {
    return this.#items.get(key)?.value;
  }

  *values(): Generator<T, void> {
    for (const { value } of this.#items.values()) yield value;
  }

  /** The lines that hold everything. */
  *lines(): Generator<string, void> {
    for (const value of this.values()) yield frame(this.#record(value));
  }

  /** Keeps a value; gives the line that does so on disk. */
  put(key: string, value: T): string {
    const line = frame(this.#record(value));
    this.#bytes += line.length - (this.#items.get(key)?.bytes ?? 0);
    this.#items.set(key, { value, bytes: line.length, atUs: this.#timeOf(value) });
    while (this.#items.size > this.#retention.maxCount || (this.#bytes > this.#retention.maxBytes && this.#items.size > 1)) this.#evict();
    return line;
  }

  delete(key: string): boolean {
    const item = this.#items.get(key);
    if (!item) return false;
    this.#bytes -= item.bytes;
    return this.#items.delete(key);
  }

  /** Lets go of what is too old. */
  expire(now: Micros): void {
    for (const [key, { atUs }] of this.#items) {
      if (this.#items.size <= NEWEST) return;
      if (atUs === null) continue;
      if (atUs > now - this.#retention.maxAgeUs) return;
      this.#evict(key);
    }
  }

  #evict(key = this.#items.keys().next().value): void {
    if (key !== undefined && this.delete(key)) this.#evicted += 1;
  }
}
