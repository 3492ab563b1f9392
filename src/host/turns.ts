import { performance } from 'node:perf_hooks';

/** Whoever asks the agent something waits so long at most for one source, in milliseconds. */
const TURN_MS = 2;

/** Shares the one thread: whoever takes much in a row lets others have their turn now and then. */
export class Turns {
  #begun = performance.now();

  /** Whether it is time to let others have theirs. */
  get isOver(): boolean {
    return performance.now() - this.#begun > TURN_MS;
  }

  /** Calls back after others had theirs. */
  later(callback: () => void): void {
    setImmediate(() => {
      this.#begun = performance.now();
      callback();
    });
  }

  /** Resolves at once, or after others had theirs. */
  next(): Promise<void> | null {
    if (!this.isOver) return null;
    return new Promise((resolve) => {
      this.later(resolve);
    });
  }

  /** The turn begins now: nothing was done before. */
  begin(): void {
    this.#begun = performance.now();
  }
}
