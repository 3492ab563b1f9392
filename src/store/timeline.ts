import { Why137Error } from '../lib/errors.ts';
import { firstWhere } from '../lib/first-where.ts';
import type { Micros } from '../lib/time.ts';
import type { Page } from '../model/page.ts';
import type { Counts } from './store.ts';

interface Entry<T> {
  readonly at: Micros;
  readonly id: string;
  readonly item: T;
  readonly bytes: number;
}

interface Select<T> {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly where: (item: T) => boolean;
}

/**
 * Items by id and in order of time, bounded by count and by bytes: the oldest make room. The order is (time, id), and a
 * cursor names the last item given, so that later pages stay right while new items arrive or old ones go.
 */
export class Timeline<T> {
  readonly #entries: Entry<T>[] = []; // oldest first: news nearly always belong at the end
  readonly #byId = new Map<string, Entry<T>>();
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #evicted = 0;

  /** `maxBytes` counts an item's JSON; in memory it is about twice that. The newest item is held in any case. */
  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  /** How many items are held, and how many had to make room so far. */
  get counts(): Counts {
    return { held: this.#entries.length, evicted: this.#evicted };
  }

  get(id: string): T | null {
    return this.#byId.get(id)?.item ?? null;
  }

  /** Adds or replaces. `at` null (time unknown) keeps the place the item has, or takes the newest one. */
  put(id: string, at: Micros | null, item: T): void {
    const old = this.#byId.get(id);
    const entry = { at: at ?? old?.at ?? this.#entries.at(-1)?.at ?? 0, id, item, bytes: JSON.stringify(item).length };
    if (old) this.#entries.splice(this.#indexOf(old), 1);
    this.#entries.splice(this.#indexOf(entry), 0, entry);
    this.#byId.set(id, entry);
    this.#bytes += entry.bytes - (old?.bytes ?? 0);
    while (this.#entries.length > this.#maxCount || (this.#bytes > this.#maxBytes && this.#entries.length > 1)) this.#evict();
  }

  #evict(): void {
    const gone = this.#entries.shift();
    if (!gone) return;
    this.#byId.delete(gone.id);
    this.#bytes -= gone.bytes;
    this.#evicted += 1;
  }

  /** Newest first. */
  *newestFirst(): Generator<T> {
    for (let i = this.#entries.length - 1; i >= 0; i -= 1) {
      const entry = this.#entries[i];
      if (entry) yield entry.item;
    }
  }

  /** One page, newest first. `next` is null only when no further item matches. */
  page({ limit, cursor, where }: Select<T>): Page<T> {
    const items: T[] = [];
    let last: Entry<T> | null = null;
    for (let i = (cursor === undefined ? this.#entries.length : this.#indexOf(readCursor(cursor))) - 1; i >= 0; i -= 1) {
      const entry = this.#entries[i];
      if (!entry || !where(entry.item)) continue;
      if (items.length === limit) return { items, next: last && writeCursor(last) };
      items.push(entry.item);
      last = entry;
    }
    return { items, next: null };
  }

  /** Index of the first entry that is not before the given place. */
  #indexOf(place: Pick<Entry<T>, 'at' | 'id'>): number {
    return firstWhere(this.#entries.length, (index) => {
      const entry = this.#entries[index];
      return !entry || entry.at > place.at || (entry.at === place.at && entry.id >= place.id);
    });
  }
}

function writeCursor({ at, id }: { at: Micros; id: string }): string {
  return Buffer.from(`${String(at)} ${id}`).toString('base64url');
}

function readCursor(cursor: string): { at: Micros; id: string } {
  const m = /^(-?\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString());
  if (m?.[1] === undefined || m[2] === undefined) {
    throw new Why137Error(
      'W137_BAD_REQUEST',
      `Parameter cursor has the value ${JSON.stringify(cursor)}; allowed: the \`next\` of the page before, unchanged.`,
    );
  }
  return { at: Number(m[1]), id: m[2] };
}
