import type { Case } from '../judge/case.ts';
import { SECOND, type Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { WitnessFact } from '../model/witness.ts';
import { belongs, byClockOf, outside, type Life } from './belongs.ts';
import { NOT_COUNTED, type CgroupBook } from './cgroup-book.ts';
import type { ContainerBook } from './container-book.ts';
import type { SourceCoverage } from './coverage.ts';
import { tellsOf, type FactBook } from './fact-book.ts';
import { exitKeys, factKeys } from './join-keys.ts';
import type { KeyIndex } from './key-index.ts';
import type { KillBook } from './kill-book.ts';
import type { KillEntry } from './kill-entry.ts';
import { endedBy, startOf, type KnownExit } from './known-exit.ts';
import { NOT_COMPARABLE, type LedgerBook } from './ledger-book.ts';
import { FORGOTTEN, isProofBehind, kernelLogView, logsBehind, OF_ANOTHER_CLOCK, witnessView } from './log-view.ts';
import { nameHolders } from './name-holders.ts';
import { nameSender } from './name-sender.ts';

/** Everything that is known on this node. */
export interface Books {
  readonly sources: readonly SourceCoverage[];
  readonly ledger: LedgerBook;
  readonly cgroups: CgroupBook;
  readonly containers: ContainerBook;
  readonly kills: KillBook;
  readonly facts: FactBook;
  /** Exits by their keys. */
  readonly exits: KeyIndex<KnownExit>;
}

/** What an exit is judged by besides containers, kills and facts. */
export type Surroundings = Pick<Case, 'kernelLog' | 'ledger' | 'cgroup' | 'nameless' | 'witnessLog' | 'settled'>;

/** A kill whose container is not known puts exits that follow so soon in doubt. */
const NAMELESS_US = 10 * SECOND;
/** Where PID 1's pid is not known it may have been PID 1, which takes its time to die. */
const NAMELESS_INIT_US = 60 * SECOND;

/** Gathers what is known of one exit: its case, as it is judged. Joins by identity alone. */
export class CaseBuilder {
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  /** The exit with what is known of its container. */
  exit(one: KnownExit): ContainerExit {
    return this.#books.containers.complete(one.exit, one.finishedUs);
  }

  lives(containerId: string): readonly KnownExit[] {
    return [...this.#books.exits.find([`id ${containerId}`])];
  }

  life(one: KnownExit, exit = this.exit(one)): Life {
    const { finishedUs, shiftUs } = one;
    return { exit, finishedUs, shiftUs, startedUs: startOf(exit, finishedUs), nextStartUs: this.#books.containers.nextStart(exit.containerId, finishedUs) };
  }

  /** Whether a fact is of this life of this container; one of its pod is not, once another lives under the container's name. */
  tells(fact: WitnessFact, life: Life): boolean {
    return tellsOf(fact, life) && !this.#isOfSuccessor(fact, life);
  }

  belongs(entry: KillEntry, one: KnownExit): boolean {
    const exit = this.exit(one);
    const { pid } = entry.kill.victim;
    // PID 1 of another life of the same id.
    if (pid !== null && pid !== exit.initPid && this.lives(exit.containerId).some((other) => other.exit.initPid === pid)) return false;
    const life = this.life(one, exit);
    return belongs(entry, life) && (pid !== exit.initPid || !this.#isNearer(entry, one, outside(entry, life)));
  }

  killsOf(one: KnownExit, exit: ContainerExit): readonly KillEntry[] {
    return this.#books.kills.find(exitKeys(exit)).filter((entry) => this.belongs(entry, one));
  }

  /** With the containers of those who held the memory; once known they stay known. */
  named(entry: KillEntry): OomKill {
    entry.kill = nameHolders(entry.kill, this.#books.containers);
    return entry.kill;
  }

  around(one: KnownExit, exit: ContainerExit): Surroundings {
    const { sources } = this.#books;
    const { former, isLate, settled } = one;
    const endedUs = endedBy(one.finishedUs);
    return {
      kernelLog: former ? OF_ANOTHER_CLOCK : isLate ? FORGOTTEN : kernelLogView(sources, endedUs, settled),
      ...this.#counts(one, exit),
      nameless: exit.exitCode === 137 ? this.#nameless(one, exit) : null,
      witnessLog: former ? OF_ANOTHER_CLOCK : witnessView(sources, endedUs, settled),
      settled,
    };
  }

  /** Every log that may tell of it has been read beyond it, as far as it will be. */
  isComplete({ former, finishedUs }: KnownExit): boolean {
    return former || logsBehind(this.#books.sources, endedBy(finishedUs)).length === 0;
  }

  /** A log that is behind is being read, has come further since, and comes to it. */
  isComing({ former, finishedUs }: KnownExit, now: Micros, sinceUs: Micros): boolean {
    const endedUs = endedBy(finishedUs);
    if (former || endedUs > now) return false;
    return logsBehind(this.#books.sources, endedUs).some((log) => log.isComing(endedUs, now, sinceUs));
  }

  /** A log that would prove what is known from a text alone has not been read as far: it may stand still, and deliver yet. */
  isProofBehind({ finishedUs }: KnownExit): boolean {
    return isProofBehind(this.#books.sources, endedBy(finishedUs));
  }

  caseOf(one: KnownExit, exit: ContainerExit, around: Surroundings, kills: readonly KillEntry[]): Case {
    const { containers, facts } = this.#books;
    const life = this.life(one, exit);
    return {
      ...around,
      exit,
      finishedUs: one.finishedUs,
      startedUs: life.startedUs,
      kills: kills.map((entry) => byClockOf(life, entry, this.named(entry))),
      siblings: containers.siblings(exit, one.finishedUs),
      witness: facts
        .find(factKeys(exit))
        .filter((fact) => this.tells(fact, life))
        .map((fact) => nameSender(fact, containers)),
      tellsOfStops: facts.tellsOfStops,
    };
  }

  #isOfSuccessor({ about, atUs }: WitnessFact, { exit, finishedUs }: Life): boolean {
    if (atUs === null || atUs <= finishedUs || about.containerId !== null || about.pid !== null) return false;
    const startUs = this.#books.containers.successorStart(exit, finishedUs);
    return startUs !== null && atUs > startUs;
  }

  /** Whether another life with the same PID 1 has the better claim: pids, and ids, are used again within seconds. */
  #isNearer(entry: KillEntry, one: KnownExit, by: Micros): boolean {
    if (by === 0) return false;
    const others = this.#books.exits.find([`pid ${String(entry.kill.victim.pid)}`]);
    return [...others].some((other) => other !== one && belongs(entry, this.life(other)) && outside(entry, this.life(other)) < by);
  }

  /** What the kernel counted meanwhile: on the node, and in the container's own cgroup. */
  #counts(one: KnownExit, exit: ContainerExit): Pick<Case, 'ledger' | 'cgroup'> {
    if (one.former) return { ledger: NOT_COMPARABLE, cgroup: NOT_COUNTED };
    const life = this.life(one, exit);
    const finishedUs = endedBy(one.finishedUs);
    const { ledger, cgroups } = this.#books;
    return { ledger: ledger.view(finishedUs, life.startedUs), cgroup: cgroups.view({ ...life, containerId: exit.containerId, cgroup: exit.cgroup, finishedUs }) };
  }

  /**
   * A kill just before this exit whose container nobody can tell: no cgroup, and nobody's PID 1; or, where neither pid nor cgroup
   * of this container is known, a cgroup that names none (a user's containers may have none of their own).
   */
  #nameless(one: KnownExit, { initPid, cgroup }: ContainerExit): OomKill | null {
    const { kills, containers } = this.#books;
    const from = one.finishedUs - (initPid === null ? NAMELESS_INIT_US : NAMELESS_US);
    const to = one.finishedUs + SECOND;
    const isNobodys = ({ kill, atUs }: KillEntry): boolean => containers.withInitPid(kill.victim.pid, atUs) === null;
    const found = kills.nameless.find(from, to, isNobodys) ?? (initPid === null && cgroup === null ? kills.placeless.find(from, to, isNobodys) : null);
    return found?.kill ?? null;
  }
}
