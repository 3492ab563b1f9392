import { Correlator } from './correlate/correlator.ts';
import type { CorrelatorOutput, Turn } from './correlate/correlator-options.ts';
import { ContainerBook } from './correlate/container-book.ts';
import { LedgerBook } from './correlate/ledger-book.ts';
import { LoggedContainers } from './correlate/logged-containers.ts';
import type { SourceTold } from './correlate/coverage.ts';
import { SourceBook } from './correlate/source-book.ts';
import { FactReaders } from './evidence/fact-readers.ts';
import { placeSender, type CgroupOf } from './evidence/place-sender.ts';
import { levelOf } from './kernel/cgroup/level.ts';
import { readJournalRecord } from './kernel/framing/journal-json.ts';
import { movingWith, type TimeContext } from './kernel/framing/wall-time.ts';
import { ownKills } from './kernel/reader/own-kills.ts';
import { ReaderSet } from './kernel/reader/reader-set.ts';
import type { KillListener } from './kernel/report/assembler.ts';
import { MS, type Micros } from './lib/time.ts';
import type { Container } from './model/container-exit.ts';
import type { MemoryEvents } from './model/memory-events.ts';
import type { Trust } from './model/oom-kill.ts';
import type { Recalled } from './model/recalled.ts';
import type { SourceEvent } from './model/source-event.ts';
import type { Sources } from './model/source-status.ts';
import type { WitnessFact, WitnessName } from './model/witness.ts';

/** A source as the pipeline knows it. */
export interface SourceEntry extends SourceTold {
  /** Where it stands: cursor, inode and offset, sequence number. */
  readonly position?: () => string | null;
  /** The same in its own terms, to be kept over a restart. */
  readonly place?: () => unknown;
  /** A text log of one program alone, by the name of its witness. */
  readonly witness?: WitnessName;
}

export interface PipelineOptions {
  readonly settleUs: Micros;
  readonly sources: readonly SourceEntry[];
  readonly time: TimeContext;
  /** The node's own name: tells its lines from another machine's in one text log. */
  readonly hostName?: string | null;
  /** Which cgroup a process was in that lived at the moment, if it lives still: tells where the sender of a signal is. */
  readonly cgroupOf?: CgroupOf;
  /** Of exits that have a final answer, and of kills of some time ago, how many are kept, each. */
  readonly maxKept?: number | undefined;
  /** Given where time passes by itself: how long answers may be given in a row while others wait. Else as long as there are any. */
  readonly turn?: Turn;
  readonly output: CorrelatorOutput & { ledgerGap(gap: { from: Micros; to: Micros; counted: number; parsed: number }): void };
}

/** Containers, alive and dead, of which is known who they are. */
const MAX_CONTAINERS = 5_000;
/** A torn line's rest comes with it or not at all. */
const IDLE_US = 250 * MS;

/**
 * The way of the data, in one piece: what sources tell goes to the readers, kills and exits to the correlator, answers
 * to the output. Knows no machine and no clock of its own, so that the agent, replay and tests run the same.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #sources: SourceBook;
  readonly #readers: ReaderSet;
  readonly #facts: FactReaders;
  readonly #ledger = new LedgerBook();
  readonly #containers = new ContainerBook(MAX_CONTAINERS);
  readonly #correlator: Correlator;
  readonly #logged: LoggedContainers;
  #now: Micros = 0;
  #dataUs: Micros = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#sources = new SourceBook(options.sources);
    const drop = (source: string, reason: string): void => { this.#sources.unused(source, reason); };
    this.#readers = new ReaderSet({ time: options.time, textTime: () => this.#textTime(), listener: (source, trust) => this.#listener(source, trust) });
    this.#facts = new FactReaders({
      time: options.time,
      textTime: () => this.#textTime(),
      listener: (source) => ({ fact: (fact) => { this.#fact(fact); }, drop: (reason) => { drop(source, reason); } }),
      only: (source) => options.sources.find(({ name }) => name === source)?.witness,
    });
    this.#correlator = new Correlator({ settleUs: options.settleUs, containers: this.#containers, ...(options.turn && { turn: options.turn }), maxKept: options.maxKept }, this.#sources.all, this.#ledger, options.output);
    this.#logged = new LoggedContainers({
      container: (container) => { this.#correlator.container(container, this.#now); },
      exit: (exit) => { this.#correlator.exit(exit, this.#now); },
      isNamed: (id) => this.#containers.get(id)?.containerName != null,
      drop,
    });
    this.#logged.runtime(this.#sources.runtime);
  }

  /** Takes what an earlier run knew, before any source speaks: what is told again joins it. */
  recall({ containers, kills, exits }: Recalled, now: Micros): void {
    this.#now = now;
    for (const container of containers) this.#correlator.container(container, now);
    for (const kill of kills) this.#correlator.oomKill(kill, now);
    for (const exit of exits) this.#correlator.exit(exit, now, true);
  }

  hear(event: SourceEvent, now: Micros): void {
    this.#now = now;
    const news = this.#sources.hear(event, now);
    if (event.type === 'up' || event.type === 'down') this.#logged.runtime(this.#sources.runtime);
    switch (event.type) {
      case 'journal':
        this.#dataUs = now;
        this.#journalLine(event.source, textOf(event.line));
        return;
      case 'text':
        this.#dataUs = now;
        if (this.#sources.kindOf(event.source) !== 'witness') this.#readers.text(event.source, event.begin).push(event.chunk);
        this.#facts.text(event.source, event.begin, event.chunk);
        return;
      case 'kmsg':
        this.#dataUs = now;
        this.#kmsgRecord(event.source, textOf(event.record));
        return;
      case 'container':
        this.#correlator.container(event.container, now);
        this.#logged.named(event.container.containerId);
        return;
      case 'exit':
        this.#correlator.exit(event.exit, now);
        return;
      case 'ledger':
        this.#correlator.progress(now, this.#ledger.read(event.reading));
        this.#checkLedger(now);
        return;
      case 'memory-events':
        this.#memoryEvents(event.reading, now);
        return;
      case 'unread':
        this.#sources.unused(event.source, event.why);
        return;
      case 'witness':
        this.#fact(event.fact);
        return;
      default:
        if (news !== null) this.#correlator.progress(now, news);
    }
  }

  /** More exits wait for their evidence than are to be: whoever tells of exits should pause. */
  get isFull(): boolean {
    return this.#correlator.isFull;
  }

  /** The wall clock was set by so much. */
  readonly clockSet = (us: Micros): void => { this.#correlator.clockSet(us); };

  /** Whose cgroup it is: the source knows containers, the path tells the others. */
  #memoryEvents(reading: MemoryEvents, now: Micros): void {
    const level = reading.containerId === null ? levelOf('memcg', reading.cgroup, null) : 'container';
    this.#correlator.memoryEvents(reading, level ?? 'other', now);
  }

  /** Lets time pass; gives the next moment at which something is due. */
  advance(now: Micros): Micros | null {
    this.#now = now;
    if (now - this.#dataUs >= IDLE_US) this.#readers.idle();
    this.#checkLedger(now);
    const due = this.#correlator.advance(now);
    const idleAt = this.#readers.holding ? this.#dataUs + IDLE_US : null;
    return idleAt === null ? due : Math.min(idleAt, due ?? Infinity);
  }

  /** The input is over. */
  end(now: Micros): void {
    this.#now = now;
    this.#readers.end();
    this.#facts.end();
    this.advance(now);
    this.#correlator.end(now);
  }

  /** What is known of a container, whether it lives or not. */
  container(id: string | null): Container | null {
    return id === null ? null : this.#containers.get(id);
  }

  /** Ids of the containers that a name names: `namespace/pod`, `namespace/pod/container`, or a pod's name. */
  containersNamed(target: string): readonly string[] {
    return this.#containers.named(target);
  }

  sources(now: Micros): Sources {
    const statuses = this.#options.sources.flatMap(({ name, position }) => this.#sources.status(name, now, position?.() ?? null, this.#readers.drops(name)) ?? []);
    return { sources: statuses, ledger: this.#ledger.status() };
  }

  /** Now, if what comes from a source now was written now; else null. */
  #liveNow(source: string): Micros | null {
    return this.#sources.isLive(source, this.#now) ? this.#now : null;
  }

  #checkLedger(now: Micros): void {
    const gap = this.#ledger.check(now - this.#options.settleUs);
    if (gap) this.#options.output.ledgerGap(gap);
  }

  #listener(source: string, trust?: Trust): KillListener {
    return ownKills({
      hostName: this.#options.hostName ?? null,
      trust,
      liveNow: () => this.#liveNow(source),
      kill: (kill) => { this.#correlator.oomKill(kill, this.#now); },
      line: (at, lineTrust) => { this.#correlator.killLine(at, source, lineTrust); },
      drop: (reason) => { this.#sources.unused(source, reason); },
    });
  }

  /** The kernel's records go the kernel's way; what others wrote is for the witnesses. */
  #journalLine(source: string, line: string): void {
    const record = readJournalRecord(line);
    const isWitness = this.#sources.kindOf(source) === 'witness';
    if (!isWitness || record === null) this.#readers.journal(source).pushRecord(record);
    // A kernel record among the witnesses' is read by the source that reads the kernel's.
    if (record !== null && !(isWitness && record.transport === 'kernel')) this.#facts.journal(source, record);
  }

  #kmsgRecord(source: string, record: string): void {
    const readUs = this.#liveNow(source);
    this.#readers.kmsg(source).push(record, readUs);
    this.#facts.kmsg(source, record, readUs);
  }

  #fact(fact: WitnessFact): void {
    if (fact.kind === 'container' || fact.kind === 'exit') this.#logged.hear(fact);
    else this.#correlator.witness(this.#placed(fact), this.#now);
  }

  /** A signal to a container's PID 1 with the place of its sender, which has to be looked for while that lives. */
  #placed(fact: WitnessFact): WitnessFact {
    const { cgroupOf } = this.#options;
    if (cgroupOf === undefined || fact.kind !== 'signal-sent' || this.#containers.withInitPid(fact.about.pid, null) === null) return fact;
    return placeSender(fact, cgroupOf);
  }

  #textTime(): TimeContext {
    return movingWith(() => this.#now, this.#options.time);
  }
}

function textOf(told: string | Uint8Array): string {
  return typeof told === 'string' ? told : Buffer.from(told).toString('utf8');
}
