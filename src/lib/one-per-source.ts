/** One reader of a kind a source, made when it is first asked for. */
export class OnePerSource<All extends { end(): void }> {
  readonly #readers = new Map<string, All>();

  /** The source's own; a new one where it has none, or one of another kind. */
  of<R extends All>(source: string, kind: abstract new (...args: never[]) => R, make: () => R): R {
    const known = this.#readers.get(source);
    if (known instanceof kind) return known;
    const reader = make();
    this.#readers.set(source, reader);
    return reader;
  }

  get(source: string): All | undefined {
    return this.#readers.get(source);
  }

  /** What comes next is the begin of another file. */
  begin(source: string): void {
    this.#readers.get(source)?.end();
    this.#readers.delete(source);
  }

  get all(): Iterable<All> {
    return this.#readers.values();
  }

  end(): void {
    for (const reader of this.#readers.values()) reader.end();
  }
}
