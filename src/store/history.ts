import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { oomKillSchema, type OomKill } from '../model/oom-kill.ts';
import { verdictSchema, type Verdict } from '../model/verdict.ts';

const lineSchema = z.union([verdictSchema, oomKillSchema]);

/** Lines after which the file is written anew with only the newest of each. */
const MAX_LINES = 10_000;
const KEPT = 2_000;

/**
 * What was said, kept over a restart: a log that is read again leads to the same answers, which are not said twice.
 * One line a verdict or kill is appended; a last line that was cut is left out when read.
 */
export class History {
  readonly #file: string;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #kills = new Map<string, OomKill>();
  readonly #onError: (error: unknown) => void;
  #lines = 0;

  /** Throws where the directory cannot be made or written. */
  constructor(dir: string, onError: (error: unknown) => void) {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
    this.#file = join(dir, 'history.ndjson');
    this.#onError = onError;
    appendFileSync(this.#file, '');
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) this.#load(line);
    this.#compact();
  }

  get verdicts(): Iterable<Verdict> {
    return this.#verdicts.values();
  }

  get oomKills(): Iterable<OomKill> {
    return this.#kills.values();
  }

  /** The verdict with its revision counted on from an earlier run's; null when that run said the same. */
  continued(verdict: Verdict): Verdict | null {
    const before = this.#verdicts.get(verdict.id);
    if (before && sameAnswer(before, verdict)) return null;
    const next = before ? { ...verdict, revision: Math.max(verdict.revision, before.revision + 1) } : verdict;
    this.#verdicts.set(next.id, next);
    this.#append(next);
    return next;
  }

  knows(kill: OomKill): boolean {
    return this.#kills.has(kill.id);
  }

  kill(kill: OomKill): void {
    this.#kills.set(kill.id, kill);
    this.#append(kill);
  }

  #append(record: Verdict | OomKill): void {
    try {
      appendFileSync(this.#file, `${JSON.stringify(record)}\n`);
      this.#lines += 1;
      this.#compact();
    } catch (error) {
      this.#onError(error);
    }
  }

  #load(line: string): void {
    if (line === '') return;
    this.#lines += 1;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    const parsed = lineSchema.safeParse(value);
    if (!parsed.success) return;
    if (parsed.data.kind === 'verdict') this.#verdicts.set(parsed.data.id, parsed.data);
    else this.#kills.set(parsed.data.id, parsed.data);
  }

  #compact(): void {
    for (const kept of [this.#verdicts, this.#kills]) {
      for (const id of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(id);
      }
    }
    if (this.#lines <= MAX_LINES) return;
    const records = [...this.#kills.values(), ...this.#verdicts.values()];
    writeFileSync(`${this.#file}.new`, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    renameSync(`${this.#file}.new`, this.#file);
    this.#lines = records.length;
  }
}

/** Nothing changed but what a later reading of the same logs words anew. */
function sameAnswer(before: Verdict, after: Verdict): boolean {
  const essence = ({ cause, confidence, victimRole, runtimeAgrees, exit }: Verdict): string => JSON.stringify([cause, confidence, victimRole, runtimeAgrees, exit.runtimeReason]);
  return essence(before) === essence(after);
}
