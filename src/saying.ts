import type { Clock } from './host/clock.ts';
import type { OomKill } from './model/oom-kill.ts';
import type { Verdict } from './model/verdict.ts';
import type { History } from './store/history.ts';

/** An answer counts as said when log lines had so long to get out. Until then a crash has it said again. */
const MARK_MS = 250;
const FLUSH_MS = 5_000;
/** At the end there is less time. */
const LAST_FLUSH_MS = 1_500;
/** While nobody reads the log, so many at most are kept in mind as unsaid; beyond, HTTP has said them. */
const MAX_UNMARKED = 2_000;

export interface SayingParts {
  readonly history: History | null;
  readonly clock: Clock;
  /** Resolves when what was logged is out (true), or after so many milliseconds (false). */
  readonly flush: (timeoutMs: number) => Promise<boolean>;
}

/** An answer is kept first, then said, then marked as said: after a crash it is said again rather than never. */
export class Saying {
  readonly #parts: SayingParts;
  #unmarked: (Verdict | OomKill)[] = [];
  #marking = false;
  #forget: () => void = () => undefined;

  constructor(parts: SayingParts) {
    this.#parts = parts;
  }

  /** Says it when it is kept, in the order of the calls. */
  say(answer: Verdict | OomKill, speak: () => void): void {
    const { history } = this.#parts;
    if (history === null) {
      speak();
      return;
    }
    history.whenKept(() => {
      speak();
      this.#unmarked.push(answer);
      this.#markLater();
    });
  }

  /** Resolves when all has been said that was to be. */
  async close(): Promise<void> {
    const { history } = this.#parts;
    if (history === null) return;
    await new Promise<void>((resolve) => {
      history.whenKept(resolve);
    });
    this.#forget();
    // What nobody came to read, the next run says again.
    if (await this.#parts.flush(LAST_FLUSH_MS)) history.markSaid(this.#unmarked);
    this.#unmarked = [];
    await history.close();
  }

  #markLater(): void {
    if (this.#marking) return;
    this.#marking = true;
    this.#forget = this.#parts.clock.after(MARK_MS, () => {
      // Taken before: what is said while the log goes out is not out.
      const said = this.#unmarked;
      this.#unmarked = [];
      void this.#parts.flush(FLUSH_MS).then((isOut) => {
        const unheard = isOut ? [] : [...said, ...this.#unmarked];
        const beyond = Math.max(0, unheard.length - MAX_UNMARKED);
        this.#parts.history?.markSaid(isOut ? said : unheard.slice(0, beyond));
        if (!isOut) this.#unmarked = unheard.slice(beyond);
        this.#marking = false;
        if (this.#unmarked.length > 0) this.#markLater();
      });
    });
  }
}
