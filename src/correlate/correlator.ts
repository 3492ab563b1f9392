import { judge, verdictId } from '../judge/judge.ts';
import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from '../model/container-exit.ts';
import type { MemoryEvents } from '../model/memory-events.ts';
import type { Level, OomKill, Trust } from '../model/oom-kill.ts';
import type { Verdict } from '../model/verdict.ts';
import type { WitnessFact } from '../model/witness.ts';
import { Agenda } from './agenda.ts';
import { CaseBuilder } from './case-builder.ts';
import { CgroupBook } from './cgroup-book.ts';
import { ContainerBook, fill, isSandbox, samePod } from './container-book.ts';
import type { SourceCoverage, Span } from './coverage.ts';
import { FactBook, tellsOf } from './fact-book.ts';
import { factKeys, KeyIndex, killKeys, subjectKeys } from './join-keys.ts';
import { KillBook } from './kill-book.ts';
import { isAnswered, isBeyondNews, isKernelProved, isSameExit, isWithin, linesTo, type KnownExit as Exit } from './known-exit.ts';
import { TWICE_US, type LedgerBook } from './ledger-book.ts';

/** Hears the answers. */
export interface CorrelatorOutput {
  /** `latencyUs`: from the later of exit and kill, when they happened, to the verdict; null for one about the past. */
  verdict(verdict: Verdict, latencyUs: Micros | null): void;
  /** A kill, new or told more of. */
  oomKill(kill: OomKill, isNew: boolean): void;
  /** An exit that has no answer yet, new or told more of; `id` is what its verdict's will be. */
  exit?(exit: ContainerExit, id: string): void;
  /** An exit that needs no answer, as far as is known when all had time to speak. */
  unanswered?(id: string): void;
}

export interface CorrelatorOptions {
  readonly settleUs: Micros;
  readonly maxExits?: number;
  readonly maxKills?: number;
  readonly maxFacts?: number;
  /** Shared with whoever asks for names. */
  readonly containers?: ContainerBook;
}

const LIVE_US = 60 * SECOND;
/** While no more than so many wait, each is judged as soon as something is told of its time. */
const FEW = 40;
/** Lives of one id whose kills may be taken for each other's. */
const NEXT_LIFE_US = 60 * SECOND;

/**
 * The one room with a memory: joins exits to kills by identity, has each judged as soon as the answer is decisive or
 * the sources have provably passed the moment, and again when late evidence comes. Time is handed in.
 */
export class Correlator {
  readonly #options: CorrelatorOptions;
  readonly #output: CorrelatorOutput;
  readonly #ledger: LedgerBook;
  readonly #cgroups = new CgroupBook();
  readonly #containers: ContainerBook;
  readonly #kills: KillBook;
  readonly #facts: FactBook;
  readonly #exits = new Set<Exit>();
  readonly #byKey = new KeyIndex<Exit>();
  /** Those whose settle time is not over, the first due first. */
  readonly #waiting = new Set<Exit>();
  /** Those with a kill at the limit of their pod. */
  readonly #atPod = new Set<Exit>();
  readonly #cases: CaseBuilder;
  readonly #agenda = new Agenda();
  #now: Micros = 0;
  #shiftUs: Micros = 0;

  constructor(options: CorrelatorOptions, sources: readonly SourceCoverage[], ledger: LedgerBook, output: CorrelatorOutput) {
    this.#options = options;
    this.#ledger = ledger;
    this.#output = output;
    this.#containers = options.containers ?? new ContainerBook(options.maxExits ?? 5_000);
    this.#kills = new KillBook(options.maxKills ?? 20_000);
    this.#facts = new FactBook(options.maxFacts ?? 5_000);
    this.#cases = new CaseBuilder({ sources, ledger, cgroups: this.#cgroups, containers: this.#containers, kills: this.#kills, facts: this.#facts, exits: this.#byKey });
  }

  container(container: Container, now: Micros): void {
    if (!this.#containers.add(container)) return;
    for (const one of this.#cases.lives(container.containerId)) {
      this.#index(one);
      this.#evaluate(one, now);
    }
    this.#evaluatePod(container, now);
  }

  /** `isPast`: remembered, not told as it happens. */
  exit(told: ContainerExit, now: Micros, isPast = false): void {
    const finishedUs = parseTime(told.finishedAt);
    if (finishedUs === null) return;
    this.#setTime(now);
    this.#containers.ended(told, finishedUs);
    this.#evaluatePod(told, now);
    const exit = this.#containers.complete(told, finishedUs);
    const known = this.#cases.lives(exit.containerId).find((one) => isSameExit(one, exit, finishedUs));
    if (known) {
      // A runtime corrects its reason (`Error`, then `OOMKilled`): its last word holds.
      known.exit = { ...fill(known.exit, exit), runtimeReason: exit.runtimeReason ?? known.exit.runtimeReason };
      this.#index(known);
      this.#tellOpen(known);
      this.#evaluate(known, now);
      return;
    }
    const live = !isPast && now - finishedUs < LIVE_US;
    const one: Exit = { exit, finishedUs, heardUs: now, shiftUs: this.#shiftUs, live, deadlineUs: now + this.#options.settleUs, settled: false, former: finishedUs > now + TWICE_US, surroundings: '', linesToUs: Infinity, verdict: null };
    const alike = this.#byKey.find([`id ${exit.containerId}`, ...(exit.initPid === null ? [] : [`pid ${String(exit.initPid)}`])]);
    const others = [...alike].filter((other) => Math.abs(other.finishedUs - finishedUs) <= NEXT_LIFE_US);
    this.#tellOpen(one);
    this.#keep(one, now);
    for (const each of [one, ...others]) this.#evaluate(each, now);
  }

  oomKill(kill: OomKill, now: Micros): void {
    const entry = this.#kills.add(kill, now, this.#shiftUs);
    if (entry === null) return;
    const isNew = entry.kill === kill;
    this.#output.oomKill(this.#cases.named(entry), isNew);
    for (const one of this.#byKey.find(killKeys(entry.kill))) if (this.#cases.belongs(entry, one)) this.#evaluate(one, now);
  }

  witness(fact: WitnessFact, now: Micros): void {
    this.#setTime(now);
    if (!this.#facts.add(fact)) return;
    for (const one of this.#byKey.find(subjectKeys(fact.about))) if (!isKernelProved(one) && tellsOf(fact, this.#cases.life(one))) this.#evaluate(one, now);
  }

  /** A cgroup's own count was read; `level`: whose cgroup it is. */
  memoryEvents(reading: MemoryEvents, level: Level, now: Micros): void {
    this.#setTime(now);
    if (!this.#cgroups.read(reading, level)) return;
    const keys = [`whole ${reading.cgroup}`, ...(reading.containerId === null ? [] : [`id ${reading.containerId}`])];
    // All are read at a death: what is read later is news only to those that wait.
    for (const one of this.#byKey.find(keys)) if (this.#waiting.has(one)) this.#evaluate(one, now, true);
  }

  /**
   * A source or the ledger told how far it has read: exits that waited for it, that nobody had seen, or that lie in the
   * time it tells of, are judged.
   */
  progress(now: Micros, told: Span | null): void {
    this.#setTime(now);
    if (told === null) return;
    this.#agenda.told(told);
    if (this.#waiting.size <= FEW) for (const one of this.#waiting) if (isWithin(one, told)) this.#evaluate(one, now, true);
    this.#look(now);
  }

  /** A kill line was read, whomever it names: the kernel's count is compared with them. */
  killLine(at: Micros | null, source: string, trust: Trust): void {
    this.#ledger.line(at, source, trust);
    if (at !== null) this.#agenda.line(at, trust);
  }

  #look(now: Micros): void {
    this.#agenda.look(now, this.#exits);
    this.#judgeDue(now);
  }

  #judgeDue(now: Micros): void {
    for (let one = this.#agenda.take(now); one !== null; one = this.#agenda.take(now)) this.#evaluate(one, now, true);
  }

  /** The input is over: whatever waits for its turn has it. */
  end(now: Micros): void {
    this.#agenda.hurry();
    this.advance(now);
    this.advance(now);
  }

  #setTime(now: Micros): void {
    if (now < this.#now) {
      // The wall clock was set back: nobody waits longer for that.
      for (const one of this.#waiting) one.deadlineUs = Math.min(one.deadlineUs, now + this.#options.settleUs);
      for (const one of this.#exits) one.former ||= one.finishedUs > now + TWICE_US;
    }
    this.#now = now;
  }

  /** The wall clock was set, or the host slept: the same moment had two times. */
  clockSet(us: Micros): void {
    this.#shiftUs += us;
  }

  /** Lets time pass; gives the next moment at which something is due. */
  advance(now: Micros): Micros | null {
    this.#setTime(now);
    this.#look(now);
    for (const one of this.#waiting) {
      if (one.deadlineUs > now) return Math.min(one.deadlineUs, this.#agenda.nextUs);
      if (!this.#agenda.hasTurn(now)) return this.#agenda.nextTurnUs;
      this.#settle(one, now);
    }
    const { nextUs } = this.#agenda;
    return nextUs === Infinity ? null : nextUs;
  }

  #settle(one: Exit, now: Micros): void {
    one.settled = true;
    this.#waiting.delete(one);
    if (!isAnswered(one)) this.#evaluate(one, now);
    if (one.verdict === null) this.#output.unanswered?.(verdictId(one.exit));
  }

  #tellOpen({ exit, verdict }: Exit): void {
    if (verdict === null) this.#output.exit?.(exit, verdictId(exit));
  }

  #keep(one: Exit, now: Micros): void {
    this.#exits.add(one);
    this.#index(one);
    this.#waiting.add(one);
    const oldest = this.#toForget();
    if (!oldest) return;
    // Forgotten, but not without an answer.
    if (!oldest.settled) this.#settle(oldest, now);
    this.#exits.delete(oldest);
    this.#agenda.forget(oldest);
    this.#atPod.delete(oldest);
    this.#byKey.delete(oldest);
  }

  /**
   * Who makes room: the oldest whose answer is final. In a storm the kernel's log is read later than exits are told, so up
   * to twice as many are kept as long as nobody's is.
   */
  #toForget(): Exit | undefined {
    const most = this.#options.maxExits ?? 5_000;
    if (this.#exits.size <= most) return undefined;
    for (const one of this.#exits) if (one.settled && one.verdict?.final !== false) return one;
    const [oldest] = this.#exits;
    return this.#exits.size > 2 * most ? oldest : undefined;
  }

  #index(one: Exit): void {
    this.#byKey.set(one, factKeys(this.#containers.complete(one.exit, one.finishedUs)));
  }

  /** Whose pod's limit was hit depends on who else lives in the pod. */
  #evaluatePod(container: Container, now: Micros): void {
    for (const one of this.#atPod) if (samePod(one.exit, container)) this.#evaluate(one, now);
  }

  /** `onlyIfNew`: containers and kills are as they were, so that it is judged only if what surrounds it is not. */
  #evaluate(one: Exit, now: Micros, onlyIfNew = false): void {
    if (onlyIfNew && isBeyondNews(one)) return;
    const exit = this.#cases.exit(one);
    const around = this.#cases.around(one, exit);
    const surroundings = JSON.stringify({ ...around, nameless: around.nameless?.id });
    if (onlyIfNew && surroundings === one.surroundings) return;
    one.surroundings = surroundings;
    one.linesToUs = linesTo(one, around.ledger.to);
    // What it was judged by makes room in a flood: the answer stands.
    if (one.verdict?.oomKills.some((id) => !this.#kills.has(id)) === true) return;
    const kills = this.#cases.killsOf(one, exit);
    // What ended well, and a pod's sandbox that is always stopped by SIGKILL, need no answer unless something was killed.
    if ((exit.exitCode === 0 || isSandbox(exit)) && kills.length === 0) return;
    if (kills.some(({ kill }) => kill.level === 'pod')) this.#atPod.add(one);
    const { verdict, decisive } = judge(this.#cases.caseOf(one, exit, around, kills));
    if (!decisive && !one.settled) return;
    const mayStillCome = around.kernelLog.state === 'none' || around.kernelLog.state === 'waiting';
    const final = verdict.confidence === 'certain' || (one.settled && !mayStillCome);
    this.#give(one, { ...verdict, final }, kills.map(({ atUs, heardUs }) => atUs ?? heardUs), now);
  }

  #give(one: Exit, verdict: Verdict, happened: readonly Micros[], now: Micros): void {
    const before = one.verdict;
    const next = { ...verdict, revision: before === null ? 1 : before.revision };
    if (before !== null && JSON.stringify(before) === JSON.stringify(next)) return;
    one.verdict = { ...next, revision: before === null ? 1 : before.revision + 1 };
    const latencyUs = before === null && one.live ? Math.max(0, now - Math.max(one.finishedUs, ...happened)) : null;
    this.#output.verdict(one.verdict, latencyUs);
  }
}
