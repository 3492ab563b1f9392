import { Correlator, type CorrelatorOutput, type Turn } from './correlate/correlator.ts';
import { ContainerBook } from './correlate/container-book.ts';
import { SourceCoverage } from './correlate/coverage.ts';
import { LedgerBook } from './correlate/ledger-book.ts';
import { LoggedContainers } from './correlate/logged-containers.ts';
import type { FactListener } from './evidence/fact.ts';
import { JournalFacts } from './evidence/journal-facts.ts';
import { KmsgFacts } from './evidence/kmsg-facts.ts';
import { TextFacts } from './evidence/text-facts.ts';
import { WITNESSES } from './evidence/witnesses.ts';
import { levelOf } from './kernel/cgroup/level.ts';
import { readJournalRecord } from './kernel/framing/journal-json.ts';
import { liveTime } from './kernel/framing/live-time.ts';
import { movingWith, type TimeContext } from './kernel/framing/wall-time.ts';
import { ReaderSet } from './kernel/reader/reader-set.ts';
import type { KillListener } from './kernel/report/assembler.ts';
import { LogMachines } from './kernel/report/log-machines.ts';
import { formatTimeOrNull, MS, parseTime, type Micros } from './lib/time.ts';
import type { Container } from './model/container-exit.ts';
import type { MemoryEvents } from './model/memory-events.ts';
import type { Trust } from './model/oom-kill.ts';
import type { Recalled } from './model/recalled.ts';
import type { SourceEvent, SourceKind } from './model/source-event.ts';
import type { Sources } from './model/source-status.ts';
import type { WitnessFact, WitnessName } from './model/witness.ts';

/** A source as the pipeline knows it. */
export interface SourceEntry {
  readonly name: string;
  readonly kind: SourceKind;
  /** What cannot be seen while it is down. */
  readonly hides: string;
  /** Where it stands: cursor, inode and offset, sequence number. */
  readonly position?: () => string | null;
  /** The same in its own terms, to be kept over a restart. */
  readonly place?: () => unknown;
  /** A text log of one program alone, by the name of its witness. */
  readonly witness?: WitnessName;
  /** May never be there: nobody waits for it, and it is no blind spot before it has been there once. */
  readonly optional?: boolean;
}

export interface PipelineOptions {
  readonly settleUs: Micros;
  readonly sources: readonly SourceEntry[];
  readonly time: TimeContext;
  /** The node's own name: tells its lines from another machine's in one text log. */
  readonly hostName?: string | null;
  /** How long answers may be given in a row where others wait; unless given, as long as there are any. */
  readonly turn?: Turn;
  readonly output: CorrelatorOutput & { ledgerGap(gap: { from: Micros; to: Micros; counted: number; parsed: number }): void };
}

/** Containers, alive and dead, of which is known who they are. */
const MAX_CONTAINERS = 5_000;
/** /dev/kmsg is read ten times a second, and says at least once a second how far. */
const LIVE_US = 2_000 * MS;
/** A torn line's rest comes with it or not at all. */
const IDLE_US = 250 * MS;

/**
 * The way of the data, in one piece: what sources tell goes to the readers, kills and exits to the correlator, answers
 * to the output. Knows no machine and no clock of its own, so that the agent, replay and tests run the same.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #coverage = new Map<string, SourceCoverage>();
  readonly #readers: ReaderSet;
  readonly #facts = new Map<string, JournalFacts | KmsgFacts | TextFacts>();
  /** Lines of witnesses that were not used, by source and reason. */
  readonly #unused = new Map<string, Map<string, number>>();
  readonly #ledger = new LedgerBook();
  readonly #containers = new ContainerBook(MAX_CONTAINERS);
  readonly #correlator: Correlator;
  readonly #logged: LoggedContainers;
  #now: Micros = 0;
  #dataUs: Micros = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#readers = new ReaderSet({ time: options.time, textTime: () => this.#textTime(), listener: (source, trust) => this.#listener(source, trust) });
    for (const { name, kind, hides, optional } of options.sources) this.#coverage.set(name, new SourceCoverage(name, kind, hides, optional));
    this.#correlator = new Correlator({ settleUs: options.settleUs, containers: this.#containers, ...(options.turn && { turn: options.turn }) }, [...this.#coverage.values()], this.#ledger, options.output);
    this.#logged = new LoggedContainers({
      container: (container) => {
        this.#correlator.container(container, this.#now);
      },
      exit: (exit) => {
        this.#correlator.exit(exit, this.#now);
      },
      isNamed: (id) => this.#containers.get(id)?.containerName != null,
      drop: (source, reason) => {
        this.#unusedOf(source)(reason);
      },
    });
    this.#lookForRuntime();
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
    const news = this.#coverage.get(event.source)?.hear(event, now) ?? null;
    if (event.type === 'up' || event.type === 'down') this.#lookForRuntime();
    switch (event.type) {
      case 'journal':
        this.#dataUs = now;
        this.#journalLine(event.source, typeof event.line === 'string' ? event.line : Buffer.from(event.line).toString('utf8'));
        return;
      case 'text':
        this.#dataUs = now;
        if (this.#kindOf(event.source) !== 'witness') this.#readers.text(event.source, event.begin).push(event.chunk);
        this.#textFacts(event.source, event.begin).push(event.chunk);
        return;
      case 'kmsg':
        this.#dataUs = now;
        this.#kmsgRecord(event.source, typeof event.record === 'string' ? event.record : Buffer.from(event.record).toString('utf8'));
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
        this.#unusedOf(event.source)(event.why);
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
    for (const facts of this.#facts.values()) facts.end();
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
    const statuses = this.#options.sources.flatMap(({ name, position }) => {
      if (this.#coverage.get(name)?.missed === false) return [];
      const dropped = { ...this.#readers.drops(name), ...Object.fromEntries(this.#unused.get(name) ?? []) };
      return this.#coverage.get(name)?.status(now, position?.() ?? null, dropped) ?? [];
    });
    return { sources: statuses, ledger: this.#ledger.status() };
  }

  /** Now, if a source had read everything up to a moment ago: what comes from it now was written now. Else null. */
  #liveNow(source: string): Micros | null {
    const to = this.#coverage.get(source)?.intervals.at(-1)?.to;
    return to !== undefined && this.#now - to <= LIVE_US ? this.#now : null;
  }

  #checkLedger(now: Micros): void {
    const gap = this.#ledger.check(now - this.#options.settleUs);
    if (gap) this.#options.output.ledgerGap(gap);
  }

  /** `trust`: a text log can look like any other carrier, line by line, and is a text log all the same. */
  #listener(source: string, trust?: Trust): KillListener {
    const machines = new LogMachines(this.#options.hostName ?? null);
    return {
      onKill: (kill, host = '') => {
        const time = formatTimeOrNull(liveTime(kill.time === null ? null : parseTime(kill.time), this.#liveNow(source)));
        if (trust !== 'text' || !machines.isAnother(host)) this.#correlator.oomKill({ ...kill, time, trust: trust ?? kill.trust }, this.#now);
      },
      onKillLine: (line) => {
        machines.saw(line.host);
        if (trust === 'text' && machines.isAnother(line.host)) this.#unusedOf(source)('of-another-machine');
        else this.#correlator.killLine(liveTime(line.timeUs, this.#liveNow(source)), source, trust ?? line.trust);
      },
      // Every kill was handed on when its line was read.
      onReportEnd: () => undefined,
    };
  }

  /** The kernel's records go the kernel's way; what others wrote is for the witnesses. */
  #journalLine(source: string, line: string): void {
    const record = readJournalRecord(line);
    const facts = (): JournalFacts => this.#factsOf(source, JournalFacts, () => new JournalFacts(source, WITNESSES, this.#factListener(source)));
    const isWitness = this.#kindOf(source) === 'witness';
    if (!isWitness || record === null) this.#readers.journal(source).pushRecord(record);
    // A kernel record among the witnesses' is read by the source that reads the kernel's.
    if (record !== null && !(isWitness && record.transport === 'kernel')) facts().push(record);
  }

  #kmsgRecord(source: string, record: string): void {
    const readUs = this.#liveNow(source);
    this.#readers.kmsg(source).push(record, readUs);
    this.#factsOf(source, KmsgFacts, () => new KmsgFacts(source, WITNESSES, this.#options.time, this.#factListener(source))).push(record, readUs);
  }

  #kindOf(source: string): SourceKind | null {
    return this.#coverage.get(source)?.kind ?? null;
  }

  #textFacts(source: string, begin: boolean): TextFacts {
    if (begin) {
      this.#facts.get(source)?.end();
      this.#facts.delete(source);
    }
    const only = this.#options.sources.find(({ name }) => name === source)?.witness;
    return this.#factsOf(source, TextFacts, () => new TextFacts(source, WITNESSES, this.#textTime(), this.#factListener(source), WITNESSES.find(({ name }) => name === only) ?? null));
  }

  #factsOf<F extends JournalFacts | KmsgFacts | TextFacts>(source: string, kind: abstract new (...args: never[]) => F, make: () => F): F {
    const known = this.#facts.get(source);
    if (known instanceof kind) return known;
    const facts = make();
    this.#facts.set(source, facts);
    return facts;
  }

  #factListener(source: string): FactListener {
    return {
      fact: (fact) => {
        this.#fact(fact);
      },
      drop: this.#unusedOf(source),
    };
  }

  #fact(fact: WitnessFact): void {
    if (fact.kind === 'container' || fact.kind === 'exit') this.#logged.hear(fact);
    else this.#correlator.witness(fact, this.#now);
  }

  /** Whether any source tells exits of its own; none has said so before it was up or down once. */
  #lookForRuntime(): void {
    const runtimes = [...this.#coverage.values()].filter(({ kind }) => kind === 'exits');
    const silent = runtimes.some(({ up, sinceUs }) => !up && sinceUs === null);
    this.#logged.runtime(runtimes.some(({ up }) => up) ? 'answers' : silent ? 'unknown' : 'none');
  }

  /** Counts what a source told that was not used. */
  #unusedOf(source: string): (reason: string) => void {
    const unused = this.#unused.get(source) ?? new Map<string, number>();
    this.#unused.set(source, unused);
    return (reason) => {
      unused.set(reason, (unused.get(reason) ?? 0) + 1);
    };
  }

  #textTime(): TimeContext {
    return movingWith(() => this.#now, this.#options.time);
  }
}
