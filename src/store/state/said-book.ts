import type { OomKill } from '../../model/oom-kill.ts';
import type { Verdict } from '../../model/verdict.ts';
import { frame } from './frame.ts';

const KEYS_PER_LINE = 200;

/** Which answers were certainly said: verdicts by revision, kills once. */
export class SaidBook {
  readonly #keys = new Set<string>();

  has(one: Verdict | OomKill): boolean {
    return this.#keys.has(keyOf(one));
  }

  load(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** Marks them; gives the lines that keep that. */
  mark(all: readonly (Verdict | OomKill)[]): string[] {
    const keys = all.map(keyOf).filter((key) => !this.#keys.has(key));
    this.load(keys);
    return linesOf(keys);
  }

  /** The lines that keep it, for what is held; the rest is forgotten. */
  lines(held: readonly (Verdict | OomKill)[]): string[] {
    const keys = held.map(keyOf).filter((key) => this.#keys.has(key));
    this.#keys.clear();
    this.load(keys);
    return linesOf(keys);
  }
}

function linesOf(keys: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < keys.length; at += KEYS_PER_LINE) lines.push(frame({ kind: 'said', keys: keys.slice(at, at + KEYS_PER_LINE) }));
  return lines;
}

function keyOf(one: Verdict | OomKill): string {
  return one.kind === 'verdict' ? `${one.id}@${String(one.revision)}` : one.id;
}
