/** Most keys name one item: a list takes a quarter of what a set does. */
const FEW = 4;

/** Items by their keys. */
export class KeyIndex<T> {
  readonly #byKey = new Map<string, T[] | Set<T>>();
  readonly #keysOf = new Map<T, readonly string[]>();

  /** Puts an item under these keys, and no others. */
  set(item: T, keys: readonly string[]): void {
    this.delete(item);
    this.#keysOf.set(item, keys);
    for (const key of keys) this.#put(key, item);
  }

  delete(item: T): void {
    for (const key of this.#keysOf.get(item) ?? []) this.#take(key, item);
    this.#keysOf.delete(item);
  }

  /** Everything under any of the keys. */
  find(keys: readonly string[]): ReadonlySet<T> {
    const found = new Set<T>();
    for (const key of keys) for (const item of this.#byKey.get(key) ?? []) found.add(item);
    return found;
  }

  #put(key: string, item: T): void {
    const items = this.#byKey.get(key);
    if (items === undefined) this.#byKey.set(key, [item]);
    else if (!Array.isArray(items)) items.add(item);
    else if (items.includes(item)) return;
    else if (items.length < FEW) items.push(item);
    else this.#byKey.set(key, new Set([...items, item]));
  }

  #take(key: string, item: T): void {
    const items = this.#byKey.get(key);
    if (items === undefined) return;
    const isList = Array.isArray(items);
    if (!isList) items.delete(item);
    else if (items.includes(item)) items.splice(items.indexOf(item), 1);
    if ((isList ? items.length : items.size) === 0) this.#byKey.delete(key);
  }
}
