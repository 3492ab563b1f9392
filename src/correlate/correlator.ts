import { verdictId } from '../judge/judge.ts';
import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from '../model/container-exit.ts';
import { fill } from '../model/fill-container.ts';
import type { MemoryEvents } from '../model/memory-events.ts';
import type { Level, OomKill, Trust } from '../model/oom-kill.ts';
import { DEFAULT_RETENTION } from '../model/retention.ts';
import type { WitnessFact } from '../model/witness.ts';
import { Agenda } from './agenda.ts';
import { CaseBuilder } from './case-builder.ts';
import { CgroupBook } from './cgroup-book.ts';
import { ContainerBook } from './container-book.ts';
import type { CorrelatorOptions, CorrelatorOutput, Turn } from './correlator-options.ts';
import type { SourceCoverage, Span } from './coverage.ts';
import { ExitBook } from './exit-book.ts';
import { FactBook } from './fact-book.ts';
import { factKeys, killKeys, subjectKeys } from './join-keys.ts';
import { Judging } from './judging.ts';
import { KillBook } from './kill-book.ts';
import { isAnswered, isKernelProved, isSameExit, type KnownExit as Exit } from './known-exit.ts';
import { TWICE_US, type LedgerBook } from './ledger-book.ts';

const MAX_EXITS = 5_000;
const MAX_KILLS = 20_000;
const MAX_FACTS = 5_000;
const LIVE_US = 60 * SECOND;
/** Whoever is called so much later than was asked for did not run, nor did the sources: their silence says nothing. */
const ASLEEP_US = SECOND;
const ENDLESS: Turn = { isOver: false, begin: () => undefined };
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
  readonly #exits: ExitBook;
  readonly #cases: CaseBuilder;
  readonly #agenda: Agenda;
  readonly #judging: Judging;
  #now: Micros = 0;
  #dueUs: Micros = Infinity;
  #awakeUs: Micros = -Infinity;
  #shiftUs: Micros = 0;

  constructor(options: CorrelatorOptions, sources: readonly SourceCoverage[], ledger: LedgerBook, output: CorrelatorOutput) {
    this.#options = options;
    this.#ledger = ledger;
    this.#output = output;
    const { settleUs, maxKept = DEFAULT_RETENTION.maxCount } = options;
    this.#containers = options.containers ?? new ContainerBook(MAX_EXITS);
    this.#kills = new KillBook(MAX_KILLS, maxKept);
    this.#facts = new FactBook(MAX_FACTS);
    this.#exits = new ExitBook(MAX_EXITS, maxKept);
    this.#cases = new CaseBuilder({ sources, ledger, cgroups: this.#cgroups, containers: this.#containers, kills: this.#kills, facts: this.#facts, exits: this.#exits.byKey });
    const isComing = (one: Exit): boolean => this.#isComing(one);
    this.#agenda = new Agenda(this.#exits, { isComplete: (one) => this.#cases.isComplete(one), isComing }, settleUs);
    this.#judging = new Judging({
      cases: this.#cases,
      kills: this.#kills,
      exits: this.#exits,
      isEarly: (one) => !one.settled && !this.#agenda.isQuiet && !this.#cases.isComplete(one),
      isComing,
      verdict: (verdict, latencyUs) => { output.verdict(verdict, latencyUs); },
    });
  }

  /** Exits are told faster than their evidence is read: whoever tells of them is to wait. */
  get isFull(): boolean {
    return this.#exits.isFull;
  }

  container(container: Container, now: Micros): void {
    if (!this.#containers.add(container)) return;
    for (const one of this.#cases.lives(container.containerId)) {
      this.#index(one);
      this.#judging.evaluate(one, now);
    }
    this.#judging.pod(container, now);
  }

  /** `isPast`: remembered, not told as it happens. */
  exit(told: ContainerExit, now: Micros, isPast = false): void {
    const finishedUs = parseTime(told.finishedAt);
    if (finishedUs === null) return;
    this.#setTime(now);
    this.#containers.ended(told, finishedUs);
    this.#judging.pod(told, now);
    const exit = this.#containers.complete(told, finishedUs);
    const known = this.#cases.lives(exit.containerId).find((one) => isSameExit(one, exit, finishedUs));
    if (known) {
      // A runtime corrects its reason (`Error`, then `OOMKilled`): its last word holds.
      known.exit = { ...fill(known.exit, exit), runtimeReason: exit.runtimeReason ?? known.exit.runtimeReason };
      this.#index(known);
      this.#tellOpen(known);
      this.#judging.evaluate(known, now);
      return;
    }
    const live = !isPast && now - finishedUs < LIVE_US;
    const one: Exit = { exit, finishedUs, heardUs: now, shiftUs: this.#shiftUs, live, deadlineUs: now + this.#options.settleUs, settled: false, former: finishedUs > now + TWICE_US, surroundings: '', linesToUs: Infinity, answer: null, isLate: this.#kills.forgotMomentOf(finishedUs, this.#shiftUs) };
    const alike = this.#exits.byKey.find([`id ${exit.containerId}`, ...(exit.initPid === null ? [] : [`pid ${String(exit.initPid)}`])]);
    const others = [...alike].filter((other) => Math.abs(other.finishedUs - finishedUs) <= NEXT_LIFE_US);
    this.#tellOpen(one);
    this.#keep(one, now);
    for (const each of [one, ...others]) this.#judging.evaluate(each, now);
  }

  oomKill(kill: OomKill, now: Micros): void {
    const entry = this.#kills.add(kill, now, this.#shiftUs);
    if (entry === null) return;
    const isNew = entry.kill === kill;
    this.#output.oomKill(this.#cases.named(entry), isNew);
    for (const one of this.#exits.byKey.find(killKeys(entry.kill))) if (this.#cases.belongs(entry, one)) this.#judging.evaluate(one, now);
  }

  witness(fact: WitnessFact, now: Micros): void {
    this.#setTime(now);
    if (!this.#facts.add(fact)) return;
    for (const one of this.#exits.byKey.find(subjectKeys(fact.about))) if (!isKernelProved(one) && this.#cases.tells(fact, this.#cases.life(one))) this.#judging.evaluate(one, now);
  }

  /** A cgroup's own count was read; `level`: whose cgroup it is. */
  memoryEvents(reading: MemoryEvents, level: Level, now: Micros): void {
    this.#setTime(now);
    if (!this.#cgroups.read(reading, level)) return;
    // All are read at a death: what is read later is news only to those that wait. In a flood those around thousands are
    // read for each of them: they are looked at when it is judged.
    const keys = reading.containerId === null ? (this.#agenda.isQuiet ? [`whole ${reading.cgroup}`] : []) : [`whole ${reading.cgroup}`, `id ${reading.containerId}`];
    for (const one of this.#exits.byKey.find(keys)) if (!one.settled) this.#judging.evaluate(one, now, true);
  }

  /**
   * A source or the ledger told how far it has read: exits that waited for it, that nobody had seen, or that lie in the
   * time it tells of, are judged.
   */
  progress(now: Micros, told: Span | null): void {
    this.#setTime(now);
    if (told === null) return;
    for (const one of this.#agenda.told(told)) this.#judging.evaluate(one, now, true);
    this.#work(now);
  }

  /** A kill line was read, whomever it names: the kernel's count is compared with them. */
  killLine(at: Micros | null, source: string, trust: Trust): void {
    this.#ledger.line(at, source, trust);
    if (at !== null) this.#agenda.line(at, trust);
  }

  /** Judges those whose turn it is, until it is others'. */
  #work(now: Micros): void {
    const { turn = ENDLESS } = this.#options;
    turn.begin();
    this.#agenda.look(now, () => turn.isOver);
    for (let next = this.#agenda.take(); next !== null; next = turn.isOver ? null : this.#agenda.take()) {
      if (next.first) this.#settle(next.one, now);
      else this.#judging.evaluate(next.one, now, true);
    }
    this.#dueUs = this.#agenda.nextUs(now);
  }

  /** The input is over: whatever waits for its turn has it. */
  end(now: Micros): void {
    this.advance(now);
    do {
      this.#agenda.hurry();
      this.#work(now);
    } while (this.#agenda.nextUs(now) <= now);
  }

  /** Whether a log that is behind came further within a settle time in which it could. */
  #isComing(one: Exit): boolean {
    return this.#cases.isComing(one, this.#now, this.#comingSince);
  }

  get #comingSince(): Micros {
    const sinceUs = this.#now - this.#options.settleUs;
    return this.#awakeUs > sinceUs ? -Infinity : sinceUs;
  }

  #setTime(now: Micros): void {
    if (now < this.#now) {
      this.#agenda.clockSetBack(now);
      for (const one of this.#exits) one.former ||= one.finishedUs > now + TWICE_US;
    }
    // A replay's time jumps from event to event.
    if (this.#options.turn && now > this.#dueUs + ASLEEP_US) this.#awakeUs = now;
    this.#now = now;
  }

  /** The wall clock was set, or the host slept: the same moment had two times. */
  clockSet(us: Micros): void {
    this.#shiftUs += us;
  }

  /** Lets time pass; gives the next moment at which something is due. */
  advance(now: Micros): Micros | null {
    this.#setTime(now);
    this.#work(now);
    return this.#dueUs === Infinity ? null : this.#dueUs;
  }

  #settle(one: Exit, now: Micros): void {
    one.settled = true;
    if (isAnswered(one)) this.#exits.place(one, true);
    else this.#judging.evaluate(one, now);
    if (one.answer === null) this.#output.unanswered?.(verdictId(one.exit));
  }

  #tellOpen({ exit, answer }: Exit): void {
    if (answer === null) this.#output.exit?.(exit, verdictId(exit));
  }

  #keep(one: Exit, now: Micros): void {
    this.#exits.add(one, this.#keysOf(one));
    this.#agenda.add(one);
    // Two for one, so that a flood's make room when it is over.
    for (let count = 0; count < 2; count += 1) this.#makeRoom(now);
  }

  #makeRoom(now: Micros): void {
    const oldest = this.#exits.toForget();
    if (!oldest) return;
    // Forgotten, but not without an answer.
    if (!oldest.settled) this.#settle(oldest, now);
    this.#exits.delete(oldest);
    this.#agenda.forget(oldest);
    this.#judging.forget(oldest);
  }

  #index(one: Exit): void {
    this.#exits.byKey.set(one, this.#keysOf(one));
  }

  #keysOf(one: Exit): readonly string[] {
    return factKeys(this.#containers.complete(one.exit, one.finishedUs));
  }
}
