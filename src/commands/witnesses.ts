import type { Clock } from '../host/clock.ts';
import { paced } from '../host/paced.ts';
import type { NodeSource } from '../node-sources/node-source.ts';

/** In a storm of exits the count is read so often and no more: a reading costs as much as an exit. Milliseconds. */
const COUNT_EVERY_MS = 25;
/** Nor is a journalctl begun for each: the one that follows brings what comes, a moment later. */
const LOOK_EVERY_MS = 300;

/** What is done for every exit as it happens, and in a storm of them for many at once. */
export class Witnesses {
  readonly #clock: Clock;
  readonly #againMs: number;
  readonly #counting: () => void;
  readonly #looking: () => void;
  #onceMore: 'no' | 'once-more' | 'asked' = 'no';

  /** `settleMs`: after so long an answer is given for want of evidence. */
  constructor(clock: Clock, settleMs: number, sources: readonly Pick<NodeSource, 'count' | 'readNow'>[]) {
    this.#clock = clock;
    this.#againMs = settleMs / 3;
    this.#counting = paced(clock, COUNT_EVERY_MS, () => {
      for (const { count } of sources) count?.();
    });
    this.#looking = paced(clock, LOOK_EVERY_MS, () => {
      for (const { readNow } of sources) void readNow?.();
    });
  }

  /** Has the kernel's own count read: at once, or within a moment of the last time. */
  count(): void {
    this.#counting();
  }

  /** Has what is heard of late be read at once, and once more before an answer is given for want of evidence. */
  look(): void {
    this.#looking();
    if (this.#onceMore !== 'no') this.#onceMore = 'asked';
    else this.#lookAgain();
  }

  #lookAgain(): void {
    this.#onceMore = 'once-more';
    this.#clock.after(this.#againMs, () => {
      const again = this.#onceMore === 'asked';
      this.#onceMore = 'no';
      this.#looking();
      if (again) this.#lookAgain();
    });
  }
}
