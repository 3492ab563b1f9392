import type { DropReason } from '../framing/kernel-line.ts';

/** Counts what was not used, by reason: nothing is dropped silently. */
export class Drops {
  readonly #counts = new Map<string, number>();

  count(reason: DropReason, by = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + by);
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
