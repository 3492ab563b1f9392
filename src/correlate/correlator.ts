import { judge } from '../judge/judge.ts';
import type { Case } from '../judge/case.ts';
import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Verdict } from '../model/verdict.ts';
import { belongs } from './belongs.ts';
import { ContainerBook, isSandbox } from './container-book.ts';
import { kernelLogView, type SourceCoverage } from './coverage.ts';
import { KillBook } from './kill-book.ts';
import type { LedgerBook } from './ledger-book.ts';

/** Hears the answers. */
export interface CorrelatorOutput {
  /** `latencyUs`: from the later of exit and kill being heard to the verdict; null for one about the past. */
  verdict(verdict: Verdict, latencyUs: Micros | null): void;
  /** A kill, new or told more of. */
  oomKill(kill: OomKill, isNew: boolean): void;
}

export interface CorrelatorOptions {
  readonly settleUs: Micros;
  readonly maxExits?: number;
  readonly maxKills?: number;
}

interface Exit {
  exit: ContainerExit;
  readonly finishedUs: Micros;
  readonly heardUs: Micros;
  /** Heard as it happened, not told of the past. */
  readonly live: boolean;
  deadlineUs: Micros;
  settled: boolean;
  verdict: Verdict | null;
}

/** Two sources tell the same exit with times that differ by less. */
const SAME_EXIT_US = 10 * SECOND;
const LIVE_US = 60 * SECOND;

/**
 * The one room with a memory: joins exits to kills by identity, has each judged as soon as the answer is decisive or
 * the sources have provably passed the moment, and again when late evidence comes. Time is handed in.
 */
export class Correlator {
  readonly #options: CorrelatorOptions;
  readonly #output: CorrelatorOutput;
  readonly #sources: readonly SourceCoverage[];
  readonly #ledger: LedgerBook;
  readonly #containers: ContainerBook;
  readonly #kills: KillBook;
  readonly #exits: Exit[] = [];

  constructor(options: CorrelatorOptions, sources: readonly SourceCoverage[], ledger: LedgerBook, output: CorrelatorOutput) {
    this.#options = options;
    this.#sources = sources;
    this.#ledger = ledger;
    this.#output = output;
    this.#containers = new ContainerBook(options.maxExits ?? 5_000);
    this.#kills = new KillBook(options.maxKills ?? 5_000);
  }

  container(container: Container, now: Micros): void {
    if (!this.#containers.add(container)) return;
    for (const one of this.#exits) if (one.exit.containerId === container.containerId) this.#evaluate(one, now);
  }

  /** Who the container is, where that is known. */
  identityOf(containerId: string | null): Container | null {
    return containerId === null ? null : this.#containers.get(containerId);
  }

  exit(exit: ContainerExit, now: Micros): void {
    const finishedUs = parseTime(exit.finishedAt);
    if (finishedUs === null) return;
    this.#containers.ended(exit, finishedUs);
    const known = this.#exits.find((one) => one.exit.containerId === exit.containerId && Math.abs(one.finishedUs - finishedUs) < SAME_EXIT_US);
    if (known) {
      known.exit = mergeExits(known.exit, exit);
      this.#evaluate(known, now);
      return;
    }
    const live = now - finishedUs < LIVE_US;
    const one: Exit = { exit, finishedUs, heardUs: now, live, deadlineUs: now + this.#options.settleUs, settled: false, verdict: null };
    this.#exits.push(one);
    if (this.#exits.length > (this.#options.maxExits ?? 5_000)) this.#exits.shift();
    this.#evaluate(one, now);
  }

  oomKill(kill: OomKill, now: Micros): void {
    const entry = this.#kills.add(kill, now);
    if (entry === null) return;
    this.#output.oomKill(entry.kill, entry.kill === kill);
    for (const one of this.#exits) if (this.#belongs(entry, one)) this.#evaluate(one, now);
  }

  /** A source or the ledger told how far it has read: exits that waited for it, or that nobody had seen, are judged. */
  progress(now: Micros): void {
    for (const one of this.#exits) if (one.verdict?.final !== true || one.verdict.confidence !== 'certain') this.#evaluate(one, now);
  }

  /** Lets time pass; gives the next moment at which something is due. */
  advance(now: Micros): Micros | null {
    for (const one of this.#exits) {
      if (one.settled || one.deadlineUs > now) continue;
      one.settled = true;
      this.#evaluate(one, now);
    }
    const waiting = this.#exits.filter(({ settled }) => !settled).map(({ deadlineUs }) => deadlineUs);
    return waiting.length === 0 ? null : Math.min(...waiting);
  }

  #belongs(entry: Parameters<typeof belongs>[0], one: Exit): boolean {
    const exit = this.#containers.complete(one.exit);
    return belongs(entry, exit, exit.startedAt === null ? null : parseTime(exit.startedAt), one.finishedUs);
  }

  #evaluate(one: Exit, now: Micros): void {
    const entries = this.#kills.matching((entry) => this.#belongs(entry, one)).sort((a, b) => (a.atUs ?? 0) - (b.atUs ?? 0));
    const exit = this.#containers.complete(one.exit);
    // What ended well, and a pod's sandbox that is always stopped by SIGKILL, need no answer unless something was killed.
    if ((exit.exitCode === 0 || isSandbox(exit)) && entries.length === 0) return;
    const startedUs = exit.startedAt === null ? null : parseTime(exit.startedAt);
    const facts: Case = {
      exit,
      finishedUs: one.finishedUs,
      startedUs,
      kills: entries.map(({ kill }) => kill),
      siblings: this.#containers.siblings(exit, one.finishedUs),
      kernelLog: kernelLogView(this.#sources, one.finishedUs, one.settled),
      ledger: this.#ledger.view(one.finishedUs, startedUs),
      settled: one.settled,
    };
    const { verdict, decisive } = judge(facts);
    if (!decisive && !one.settled) return;
    const mayStillCome = facts.kernelLog.state === 'none' || facts.kernelLog.state === 'waiting';
    const final = verdict.confidence === 'certain' || (one.settled && !mayStillCome);
    this.#give(one, { ...verdict, final }, entries.map(({ heardUs }) => heardUs), now);
  }

  #give(one: Exit, verdict: Verdict, heard: readonly Micros[], now: Micros): void {
    const before = one.verdict;
    const next = { ...verdict, revision: before === null ? 1 : before.revision };
    if (before !== null && JSON.stringify(before) === JSON.stringify(next)) return;
    one.verdict = { ...next, revision: before === null ? 1 : before.revision + 1 };
    const latencyUs = before === null && one.live ? now - Math.max(one.heardUs, ...heard) : null;
    this.#output.verdict(one.verdict, latencyUs);
  }
}

/** Two sources on one exit: what the first did not know the second may. */
function mergeExits(first: ContainerExit, second: ContainerExit): ContainerExit {
  const known = Object.entries(second).filter(([key, value]) => value !== null && Object.entries(first).some(([name, old]) => name === key && old === null));
  return { ...first, ...Object.fromEntries(known) };
}
