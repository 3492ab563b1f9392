import { SECOND } from '../../lib/time.ts';
import type { SourceEvent } from '../../model/source-event.ts';
import { frame } from './frame.ts';
import type { Place } from './records.ts';

/** Stamps of two runs may differ by so much without anything between. */
const SLACK_US = SECOND;

/** Where every source stood, in this run and in the one before, and so what no source could be asked for in between. */
export class Places {
  /** Of earlier runs; a source that is not configured now keeps its place. */
  readonly #before = new Map<string, Place>();
  readonly #now = new Map<string, Place>();
  /** Sources whose first word on what they have read has come, or who said themselves what they lost. */
  readonly #told = new Set<string>();
  readonly #changed = new Set<string>();
  #moved = false;

  /** Takes what an earlier run kept. */
  load(source: string, place: Place): void {
    this.#before.set(source, place);
  }

  before(source: string): Place | null {
    return this.#before.get(source) ?? null;
  }

  /** Takes a source's word; gives the gap that it leaves to where the run before had come, if there is one. */
  hear(event: SourceEvent): Extract<SourceEvent, { type: 'gap' }> | null {
    const { source } = event;
    if (event.type === 'gap') {
      this.#told.add(source);
      return null;
    }
    if (event.type !== 'covered') return null;
    this.#note(source, { position: this.#now.get(source)?.position ?? null, coveredTo: event.to });
    const before = this.#before.get(source)?.coveredTo ?? null;
    if (this.#told.has(source)) return null;
    this.#told.add(source);
    if (before === null || event.from === null || event.from <= before + SLACK_US) return null;
    return { type: 'gap', source, from: before, to: event.from, why: 'while the agent was away: it holds nothing of that time any more (vacuumed, rotated away or replaced), or only beyond the look-back' };
  }

  position(source: string, position: unknown): void {
    const known = this.#now.get(source);
    if (JSON.stringify(known?.position) === JSON.stringify(position)) return;
    this.#moved = true;
    this.#note(source, { position, coveredTo: known?.coveredTo ?? null });
  }

  /** Something was read since `changes` were asked for last, more than that nothing came. */
  get moved(): boolean {
    return this.#moved;
  }

  /** Lines that hold what has changed since they were asked for last. */
  changes(): string[] {
    this.#moved = false;
    const lines = [...this.#changed].map((source) => this.#line(source));
    this.#changed.clear();
    return lines;
  }

  *lines(): Generator<string, void> {
    for (const source of new Set([...this.#before.keys(), ...this.#now.keys()])) yield this.#line(source);
  }

  #note(source: string, place: Place): void {
    this.#now.set(source, place);
    this.#changed.add(source);
  }

  /** Until a source has told how far it came in this run, where it stood before is what counts. */
  #line(source: string): string {
    const now = this.#now.get(source);
    const before = this.#before.get(source);
    const place = { position: now?.position ?? before?.position ?? null, coveredTo: now?.coveredTo ?? before?.coveredTo ?? null };
    return frame({ kind: 'place', source, ...place });
  }
}

