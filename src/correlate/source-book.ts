import { SECOND, type Micros } from '../lib/time.ts';
import type { SourceEvent, SourceKind } from '../model/source-event.ts';
import type { SourceStatus } from '../model/source-status.ts';
import { SourceCoverage, type SourceTold, type Span } from './coverage.ts';

/** /dev/kmsg is read ten times a second, and says at least once a second how far. */
const LIVE_US = 2 * SECOND;

/** Every source: how far it has read, and what it told that was not used. */
export class SourceBook {
  readonly #coverage: ReadonlyMap<string, SourceCoverage>;
  readonly #unused = new Map<string, Map<string, number>>();

  constructor(sources: readonly SourceTold[]) {
    this.#coverage = new Map(sources.map((told) => [told.name, new SourceCoverage(told)]));
  }

  get all(): readonly SourceCoverage[] {
    return [...this.#coverage.values()];
  }

  /** Gives the time over which a log is known otherwise now. */
  hear(event: SourceEvent, now: Micros): Span | null {
    return this.#coverage.get(event.source)?.hear(event, now) ?? null;
  }

  kindOf(source: string): SourceKind | null {
    return this.#coverage.get(source)?.kind ?? null;
  }

  /** Whether it had read everything up to a moment ago: what comes from it now was written now. */
  isLive(source: string, now: Micros): boolean {
    const to = this.#coverage.get(source)?.intervals.at(-1)?.to;
    return to !== undefined && now - to <= LIVE_US;
  }

  /** Whether any source tells exits of its own; none has said so before it was up or down once. */
  get runtime(): 'answers' | 'unknown' | 'none' {
    const runtimes = this.all.filter(({ kind }) => kind === 'exits');
    const silent = runtimes.some(({ up, sinceUs }) => !up && sinceUs === null);
    return runtimes.some(({ up }) => up) ? 'answers' : silent ? 'unknown' : 'none';
  }

  /** Counts what a source told that was not used. */
  unused(source: string, reason: string): void {
    const unused = this.#unused.get(source) ?? new Map<string, number>();
    this.#unused.set(source, unused);
    unused.set(reason, (unused.get(reason) ?? 0) + 1);
  }

  /** Null for one that may never be there, and was not. */
  status(source: string, now: Micros, position: string | null, dropped: Readonly<Record<string, number>>): SourceStatus | null {
    const coverage = this.#coverage.get(source);
    if (coverage?.missed !== true) return null;
    return coverage.status(now, position, { ...dropped, ...Object.fromEntries(this.#unused.get(source) ?? []) });
  }
}
