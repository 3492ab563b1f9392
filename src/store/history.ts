import { sayThrown } from '../lib/thrown.ts';
import { formatTimeOrNull, parseTime, type Micros } from '../lib/time.ts';
import { containerExitSchema, type Container, type ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import { DEFAULT_RETENTION, type Retention } from '../model/retention.ts';
import type { SourceEvent } from '../model/source-event.ts';
import type { StateStatus } from '../model/state-status.ts';
import type { Verdict } from '../model/verdict.ts';
import { takesPlaceOf } from './answers.ts';
import { loadState } from './state/load.ts';
import { Places } from './state/places.ts';
import type { Place, StateRecord } from './state/records.ts';
import { RunningContainers, sayContainers } from './state/running.ts';
import { SaidBook } from './state/said-book.ts';
import { Shelf } from './state/shelf.ts';
import { StateLog, type Timer } from './state/state-log.ts';
import { stateDisk, type StateDisk } from './state/disk.ts';
import { frame, type DiscardReason } from './state/frame.ts';

export interface HistoryOptions {
  readonly dir: string;
  readonly timer: Timer;
  /** Of this boot; empty where it cannot be told. */
  readonly bootId: string;
  readonly retention?: Partial<Retention>;
  /** The disk cannot be written (why), or can be again (null). */
  readonly onTrouble: (why: string | null) => void;
  /** Pieces of the file that were no records, or a file that could not be read (why). */
  readonly onDamage: (damage: { readonly discarded: Readonly<Record<string, number>>; readonly why: string | null }) => void;
  /** For tests: where faults are put. */
  readonly disk?: StateDisk;
}

/** An exit that has no verdict yet, and the id that its verdict will have. */
interface OpenExit {
  readonly id: string;
  readonly exit: ContainerExit;
}

export const STATE_FILE = 'state.log';
/** Of version 1. */
export const FIRST_FILE = 'history.ndjson';
/** How often places are kept, at most where something was read and at least where nothing was. */
const KEEP_PLACES_MS = { moved: 2_000, still: 30_000 };

/**
 * What the agent must not forget: verdicts and kills, exits that have no verdict yet, containers that run, and how far
 * every source was read. A log that is read again leads to the same answers, which are not said twice. An answer is
 * written before it is said (`whenKept`), and marked when it was said; what was not marked is said again after a crash.
 */
export class History {
  readonly #options: HistoryOptions;
  readonly #log: StateLog;
  readonly #verdicts: Shelf<Verdict>;
  readonly #kills: Shelf<OomKill>;
  readonly #open: Shelf<OpenExit>;
  readonly #running = new RunningContainers();
  readonly #places = new Places();
  readonly #said = new SaidBook();
  /** Verdicts of earlier runs that this run has not improved on. */
  readonly #earlier = new Set<string>();
  readonly #discarded = new Map<DiscardReason, number>();
  #bootId = '';
  #why: string | null = null;
  #forgetPlaces: () => void = () => undefined;

  private constructor(options: HistoryOptions) {
    this.#options = options;
    const { timer } = options;
    const disk = diskOf(options);
    const all = { ...DEFAULT_RETENTION, ...options.retention };
    const half = { ...all, maxBytes: all.maxBytes * 0.45 };
    this.#verdicts = new Shelf(half, (verdict) => verdict, ({ exit }) => parseTime(exit.finishedAt));
    this.#kills = new Shelf(half, (kill) => kill, ({ time }) => (time === null ? null : parseTime(time)));
    this.#open = new Shelf({ ...all, maxBytes: all.maxBytes * 0.1 }, ({ id, exit }) => ({ kind: 'exit', id, exit }), ({ exit }) => parseTime(exit.finishedAt));
    this.#log = new StateLog({
      disk,
      name: STATE_FILE,
      timer,
      snapshot: () => this.#snapshot(),
      onTrouble: (error) => {
        this.#why = error === null ? null : sayThrown(error);
        options.onTrouble(this.#why);
      },
      onReplaced: () => disk.remove(FIRST_FILE),
    });
  }

  /** Reads what earlier runs kept, and writes it anew. A disk that cannot be read or written is told of, not thrown. */
  static async open(options: HistoryOptions): Promise<History> {
    const history = new History(options);
    const why = await loadState(diskOf(options), { file: STATE_FILE, firstFile: FIRST_FILE }, {
      record: (record) => { history.#load(record); },
      discard: (reason) => history.#discarded.set(reason, (history.#discarded.get(reason) ?? 0) + 1),
      allSaid: () => history.#said.mark([...history.#kills.values(), ...history.#verdicts.values()]),
    });
    history.#loaded();
    if (why !== null || history.#discarded.size > 0) options.onDamage({ discarded: Object.fromEntries(history.#discarded), why });
    await history.#log.start();
    history.#keepPlacesLater();
    return history;
  }

  get verdicts(): Iterable<Verdict> {
    return this.#verdicts.values();
  }

  get oomKills(): Iterable<OomKill> {
    return this.#kills.values();
  }

  /** Exits that earlier runs saw: those without a verdict, and those whose verdict may yet be improved on. */
  get exits(): readonly ContainerExit[] {
    return [...[...this.#verdicts.values()].map(exitOf), ...[...this.#open.values()].map(({ exit }) => exit)];
  }

  /** Containers that ran when an earlier run went. */
  get containers(): readonly Container[] {
    return [...this.#running.remembered()];
  }

  /** Where an earlier run stood in a source. */
  place(source: string): Place | null {
    return this.#places.before(source);
  }

  /** What earlier runs kept and did not come to say, or nobody knows whether they did. */
  get unsaid(): readonly (Verdict | OomKill)[] {
    return [...this.#kills.values(), ...this.#verdicts.values()].filter((one) => !this.#said.has(one));
  }

  isSaid(one: Verdict | OomKill): boolean {
    return this.#said.has(one);
  }

  /** The verdict as it is to be said, its revision counted on from an earlier run's; null when that run's answer stands. */
  verdict(given: Verdict): Verdict | null {
    const before = this.#verdicts.get(given.id);
    if (before && this.#earlier.has(given.id) && !takesPlaceOf(before, given)) return null;
    this.#earlier.delete(given.id);
    const next = before ? { ...given, revision: Math.max(given.revision, before.revision + 1) } : given;
    this.#log.write(this.#verdicts.put(next.id, next), true);
    this.#open.delete(next.id);
    return next;
  }

  /** Keeps a kill that this run reads for the first time, or what more became known of it; true when no run knew it. */
  kill(kill: OomKill, isNew: boolean): boolean {
    const known = this.#kills.get(kill.id);
    if (known ? JSON.stringify(known) === JSON.stringify(kill) : !isNew) return false;
    this.#log.write(this.#kills.put(kill.id, kill), !known);
    return !known;
  }

  /** An exit was seen, or more became known of it: it is to get its verdict (of that id), whatever happens. */
  exit(exit: ContainerExit, id: string): void {
    const known = this.#open.get(id);
    if (this.#verdicts.get(id) || (known && JSON.stringify(known.exit) === JSON.stringify(exit))) return;
    this.#log.write(this.#open.put(id, { id, exit }), true);
  }

  /** It needs no verdict. */
  unanswered(id: string): void {
    if (this.#open.delete(id)) this.#log.write(frame({ kind: 'unanswered', id }), false);
  }

  /** Takes note of what sources tell; gives what is missing between an earlier run and this one. */
  hear(event: SourceEvent, isRuntime: boolean): Extract<SourceEvent, { type: 'gap' }> | null {
    if (event.type === 'container' && isRuntime) this.#write(this.#running.tell(event.source, event.container));
    else if (event.type === 'exit') this.#write(this.#running.ended(event.exit));
    else if (event.type === 'up' && isRuntime) this.#running.listed(event.source);
    const gap = this.#places.hear(event);
    // A runtime is not read back over a time: what it lost is told by its containers.
    return isRuntime ? null : gap;
  }

  /** Gaps of runtimes that have told all they hold, and know no more of containers which ran. */
  lost(now: Micros): readonly Extract<SourceEvent, { type: 'gap' }>[] {
    return [...this.#running.lost()].map(([source, containers]) => {
      for (const { containerId } of containers) this.#log.write(frame({ kind: 'container-gone', containerId }), false);
      const from = this.#places.before(source)?.coveredTo ?? null;
      const since = from === null ? '' : ` (last heard of ${formatTimeOrNull(from) ?? ''})`;
      const why = `the agent was away while containers ended that the runtime has forgotten since${since}: ${sayContainers(containers)}; how they ended is not known`;
      return { type: 'gap', source, from, to: now, why };
    });
  }

  position(source: string, position: unknown): void {
    this.#places.position(source, position);
  }

  /** Calls back when everything kept so far is on the disk, or when the disk fails or takes too long. */
  whenKept(callback: () => void): void {
    this.#log.whenKept(callback);
  }

  /** These were said, where people and programs read it: they are not said again. */
  markSaid(all: readonly (Verdict | OomKill)[]): void {
    for (const line of this.#said.mark(all)) this.#log.write(line, false);
  }

  status(): StateStatus {
    const shelves = [this.#verdicts, this.#kills, this.#open];
    const [verdicts, oomKills, openExits] = [this.#verdicts.size, this.#kills.size, this.#open.size];
    const containers = this.#running.size;
    return {
      dir: this.#options.dir,
      up: this.#why === null,
      detail: this.#why ?? `${String(verdicts)} verdicts, ${String(oomKills)} kills, ${String(openExits)} exits without a verdict`,
      cure: this.#why === null ? null : `Make room on the disk of ${this.#options.dir}, and let the agent write there`,
      bytes: this.#log.bytes,
      held: { verdicts, oomKills, openExits, containers },
      evicted: shelves.reduce((sum, { evicted }) => sum + evicted, 0),
      discarded: Object.fromEntries(this.#discarded),
      unkept: this.#log.unkept,
    };
  }

  async close(): Promise<void> {
    this.#forgetPlaces();
    for (const line of this.#places.changes()) this.#log.write(line, true);
    await this.#log.close();
  }

  #write(line: string | null): void {
    if (line !== null) this.#log.write(line, false);
  }

  #load(record: StateRecord): void {
    switch (record.kind) {
      case 'verdict':
        this.#verdicts.put(record.id, record);
        this.#open.delete(record.id);
        this.#earlier.add(record.id);
        break;
      case 'oom-kill':
        this.#kills.put(record.id, record);
        break;
      case 'exit':
        if (!this.#verdicts.get(record.id)) this.#open.put(record.id, record);
        break;
      case 'unanswered':
        this.#open.delete(record.id);
        break;
      case 'container':
        this.#running.load(record.source, record.container);
        break;
      case 'container-gone':
        this.#running.unload(record.containerId);
        break;
      case 'place':
        this.#places.load(record.source, record);
        break;
      case 'said':
        this.#said.load(record.keys);
        break;
      case 'boot':
        this.#bootId = record.bootId;
        break;
    }
  }

  #loaded(): void {
    const { bootId, timer } = this.#options;
    if (bootId !== this.#bootId) this.#running.rebooted();
    this.#bootId = bootId;
    for (const exit of this.exits) this.#running.ended(exit);
    const now = timer.now();
    for (const shelf of [this.#verdicts, this.#kills, this.#open]) shelf.expire(now);
  }

  *#snapshot(): Generator<string, void> {
    const now = this.#options.timer.now();
    const shelves = [this.#kills, this.#open, this.#verdicts];
    for (const shelf of shelves) shelf.expire(now);
    yield frame({ kind: 'boot', bootId: this.#bootId });
    for (const shelf of shelves) yield* shelf.lines();
    yield* this.#said.lines([...this.#kills.values(), ...this.#verdicts.values()]);
    yield* this.#running.lines();
    yield* this.#places.lines();
  }

  /** Not with every record: what is read again because the place is a little old costs nothing. */
  #keepPlacesLater(still = KEEP_PLACES_MS.moved): void {
    this.#forgetPlaces = this.#options.timer.after(KEEP_PLACES_MS.moved, () => {
      const due = this.#places.moved || still >= KEEP_PLACES_MS.still;
      if (due) {
        for (const line of this.#places.changes()) this.#log.write(line, false);
        void this.#log.check();
      }
      this.#keepPlacesLater(due ? KEEP_PLACES_MS.moved : still + KEEP_PLACES_MS.moved);
    });
  }
}

/** The file grows to twice what is kept, and some more. */
function diskOf({ dir, disk, retention }: HistoryOptions): StateDisk {
  const { maxBytes } = { ...DEFAULT_RETENTION, ...retention };
  return disk ?? stateDisk(dir, 4 * maxBytes + 16 * 1024 * 1024);
}

/** The exit that a verdict is of. */
function exitOf({ container, exit: { code, finishedAt, runtimeReason } }: Verdict): ContainerExit {
  return containerExitSchema.parse({ ...container, exitCode: code, finishedAt, runtimeReason });
}
