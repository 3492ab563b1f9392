import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import type { WitnessFact } from '../../model/witness.ts';
import type { Tally } from '../grpc/tally.ts';
import type { Engine, EngineClient } from './client.ts';
import { exitCodeOf, type EngineEvent } from './event.ts';
import { killFact, oomFact, unnamedKillFact } from './facts.ts';
import { bareContainer, describe } from './identity.ts';
import { endOf, exitOf, isRunning, lifeAt, lifeOf, reasonOf, type Entry, type Life } from './lives.ts';
import type { Inspect } from './messages.ts';

/** An end that is stamped so long before its event is another's. */
const NOTICED_WITHIN: Micros = 60_000_000;

/** What is known of the engine's containers; as large as its own list. Kept from one connection to the next. */
export type Containers = Map<string, Entry>;

export interface FollowerParts {
  readonly source: string;
  readonly emit: Emit;
  readonly tally: Tally;
  readonly containers: Containers;
}

/**
 * Makes lives and ends of events and of what `inspect` says then. Of one container one thing is done after the other,
 * in the order of the events.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #client: EngineClient;
  readonly #engine: Engine;
  /** Past events that are older tell facts, but no ends: those that can be had are in the list. */
  readonly #endsFrom: Micros;
  readonly #queues = new Map<string, Promise<void>>();
  /** Containers that are listed and could not be described yet. */
  readonly unseen = new Set<string>();
  /** PID 1 of containers that are made and not started yet. */
  readonly #madePids = new Map<string, number>();
  readonly #unnamedKills = new Map<string, EngineEvent>();

  constructor(parts: FollowerParts, client: EngineClient, engine: Engine, endsFrom: Micros) {
    this.#parts = parts;
    this.#client = client;
    this.#engine = engine;
    this.#endsFrom = endsFrom;
  }

  handle(event: EngineEvent): void {
    void this.#inOrder(event.id, () => this.#take(event));
  }

  /** Looks at a container, whatever it does. */
  look(id: string): Promise<void> {
    return this.#inOrder(id, async () => {
      this.unseen.add(id);
      const inspect = await this.#client.inspect(id);
      this.unseen.delete(id);
      if (inspect === null) this.#parts.tally.count('container-gone-before-described');
      else this.#reconcile(inspect);
    });
  }

  /** Containers of which something is still to be done. */
  get pending(): number {
    return this.#queues.size;
  }

  /** Everything that was handed in so far is done. */
  async settled(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all(this.#queues.values());
  }

  #inOrder(id: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#queues.get(id) ?? Promise.resolve()).then(work).catch(() => {
      this.#parts.tally.count('container-not-described');
    });
    const mine = done.finally(() => {
      if (this.#queues.get(id) === mine) this.#queues.delete(id);
    });
    this.#queues.set(id, mine);
    return mine;
  }

  async #take(event: EngineEvent): Promise<void> {
    const { containers, tally, source } = this.#parts;
    const { runtime } = this.#engine;
    switch (event.action) {
      case 'start':
        if (event.time >= this.#endsFrom) await this.#started(event);
        break;
      case 'die':
        if (event.time >= this.#endsFrom) await this.#died(event);
        else tally.count('exit-before-the-list');
        break;
      case 'oom':
        this.#tell(oomFact(runtime, source, event));
        await this.#reasonAgain(event);
        break;
      case 'kill':
        if (event.attributes['signal'] === undefined) this.#unnamedKill(event);
        else this.#tell(killFact(runtime, source, event, containers.get(event.id)?.stopSignal ?? null));
        break;
      case 'destroy':
        containers.delete(event.id);
        this.#madePids.delete(event.id);
        this.#unnamedKills.delete(event.id);
        break;
      case 'init':
        if (event.time >= this.#endsFrom) await this.#made(event.id);
        break;
      case 'create':
      case 'rename':
      case 'update':
        await this.#describeAgain(event);
        break;
      default:
        tally.count('other-event');
    }
  }

  /** The engine hears of an OOM kill and of the end by two ways: the end may come first, and is told with its reason then. */
  async #reasonAgain({ id, time }: EngineEvent): Promise<void> {
    const { containers, emit, source } = this.#parts;
    const entry = containers.get(id);
    const life = entry && lifeAt(entry, time);
    if (!life?.end) return;
    const inspect = await this.#inspectOrNull(id);
    const { us, exitCode } = life.end;
    if (inspect?.State.OOMKilled !== true || !isOf(inspect, life, this.#engine.runtime) || endOf(inspect) !== us) return;
    emit({ type: 'exit', source, exit: exitOf(life.container, exitCode, us, reasonOf(exitCode, inspect)) });
  }

  /** Its end may have been found before this event was taken. */
  #unnamedKill(event: EngineEvent): void {
    const entry = this.#parts.containers.get(event.id);
    const end = (entry && lifeAt(entry, event.time))?.end ?? null;
    if (end === null) this.#unnamedKills.set(event.id, event);
    else this.#tell(unnamedKillFact(this.#engine.runtime, this.#parts.source, event, end.us, end.exitCode));
  }

  /** podman makes the process, waiting, before it starts it: one that dies at once has no other moment to tell its pid. */
  async #made(id: string): Promise<void> {
    const inspect = await this.#inspectOrNull(id);
    const pid = inspect?.State.Pid ?? 0;
    if (inspect !== null && !inspect.State.Running && pid > 0) this.#madePids.set(id, pid);
  }

  async #started({ id, attributes, time }: EngineEvent): Promise<void> {
    const inspect = await this.#inspectOrNull(id);
    if (inspect !== null) {
      this.#reconcile(inspect);
      this.#startedBetween(id, time);
    } else this.#begin(id, { ...lifeOf(bareContainer(this.#engine.runtime, id, attributes)), startedUs: time }, null);
  }

  /** It has ended and was started again since: of the life in between nothing is known but that it began. */
  #startedBetween(id: string, time: Micros): void {
    const entry = this.#parts.containers.get(id);
    const life = entry && lifeAt(entry, time);
    if (!entry || life === entry.now || life?.ended === false) return;
    entry.before = { container: { ...entry.now.container, initPid: null, startedAt: null }, startedUs: time, ended: false, end: null };
  }

  async #died(event: EngineEvent): Promise<void> {
    const { tally } = this.#parts;
    const { id, time } = event;
    const inspect = await this.#inspectOrNull(id);
    const life = this.#lifeThatDied(event, inspect);
    const finishedUs = inspect === null ? null : endOf(inspect);
    const exitCode = exitCodeOf(event) ?? (finishedUs === null ? null : (inspect?.State.ExitCode ?? null));
    if (life.ended) tally.count('exit-told-twice');
    else if (exitCode === null) tally.count('exit-without-status');
    else if (inspect !== null && finishedUs !== null && isOf(inspect, life, this.#engine.runtime) && finishedUs <= time) this.#end(id, life, exitCode, finishedUs, reasonOf(exitCode, inspect));
    else this.#end(id, life, exitCode, this.#stampOf(inspect, life, time), null);
    if (inspect !== null) this.#reconcile(inspect);
  }

  /** The life that a `die` is of; one of its own where nothing was known of it. */
  #lifeThatDied({ id, time, attributes }: EngineEvent, inspect: Inspect | null): Life {
    const { runtime } = this.#engine;
    const entry = this.#parts.containers.get(id);
    const known = entry && lifeAt(entry, time);
    if (known) return known;
    const described = inspect === null ? null : lifeOf(describe(runtime, inspect));
    // It runs again already: who it is holds, its pid and start do not.
    const startedUs = described?.startedUs ?? null;
    const another = startedUs === null || startedUs > time;
    const life = described === null ? lifeOf(bareContainer(runtime, id, attributes)) : another ? lifeOf({ ...described.container, initPid: null, startedAt: null }) : described;
    if (entry === undefined && !another) this.#begin(id, life, inspect);
    return life;
  }

  /** When a life ended whose container runs again or is gone: its last end where that fits, else when the event was made. */
  #stampOf(inspect: Inspect | null, life: Life, time: Micros): Micros {
    const finishedUs = inspect === null ? null : endStamp(inspect);
    const fits = finishedUs !== null && finishedUs <= time && finishedUs > time - NOTICED_WITHIN && (life.startedUs === null || finishedUs >= life.startedUs);
    if (!fits) this.#parts.tally.count('end-stamped-by-its-event');
    return fits ? finishedUs : time;
  }

  async #describeAgain({ id }: EngineEvent): Promise<void> {
    const inspect = this.#parts.containers.has(id) ? await this.#inspectOrNull(id) : null;
    const entry = this.#parts.containers.get(id);
    if (!inspect || !entry || !isRunning(inspect)) return;
    const { initPid, startedAt } = entry.now.container;
    entry.now.container = { ...describe(this.#engine.runtime, inspect), initPid, startedAt };
    this.#parts.emit({ type: 'container', source: this.#parts.source, container: entry.now.container });
  }

  /** Takes what `inspect` says now: a new life, an end that nobody told, or nothing new. */
  #reconcile(inspect: Inspect): void {
    const described = lifeOf(describe(this.#engine.runtime, inspect));
    const finishedUs = endOf(inspect);
    if (!isRunning(inspect) && finishedUs === null) return; // never ran
    const known = this.#parts.containers.get(inspect.Id);
    const entry = known?.now.startedUs === described.startedUs ? known : this.#begin(inspect.Id, described, inspect);
    if (finishedUs === null || entry.now.ended) return;
    const { ExitCode } = inspect.State;
    // After the end the engine tells no pid.
    entry.now.container = { ...described.container, initPid: entry.now.container.initPid };
    this.#end(inspect.Id, entry.now, ExitCode, finishedUs, reasonOf(ExitCode, inspect));
  }

  #begin(id: string, life: Life, inspect: Inspect | null): Entry {
    const { containers, emit, source } = this.#parts;
    const known = containers.get(id);
    const madePid = this.#madePids.get(id);
    this.#madePids.delete(id);
    if (madePid !== undefined) life.container = { ...life.container, initPid: life.container.initPid ?? madePid };
    // What was begun by its event alone is told in full now.
    const bare = known?.now.container.startedAt === null && !known.now.ended;
    const entry: Entry = { now: life, before: bare ? known.before : (known?.now ?? null), stopSignal: inspect?.Config?.StopSignal ?? known?.stopSignal ?? null };
    containers.set(id, entry);
    emit({ type: 'container', source, container: life.container });
    return entry;
  }

  #end(id: string, life: Life, exitCode: number, finishedUs: Micros, reason: string | null): void {
    const { emit, source } = this.#parts;
    const kill = this.#unnamedKills.get(id);
    this.#unnamedKills.delete(id);
    if (kill) this.#tell(unnamedKillFact(this.#engine.runtime, source, kill, finishedUs, exitCode));
    life.ended = true;
    life.end = { us: finishedUs, exitCode };
    emit({ type: 'exit', source, exit: exitOf(life.container, exitCode, finishedUs, reason) });
  }

  #tell(fact: WitnessFact | null): void {
    if (fact === null) this.#parts.tally.count('signal-that-asks-for-no-end');
    else this.#parts.emit({ type: 'witness', source: this.#parts.source, fact });
  }

  /** An event is worth telling although the engine does not answer what more there is. */
  async #inspectOrNull(id: string): Promise<Inspect | null> {
    try {
      return await this.#client.inspect(id);
    } catch {
      this.#parts.tally.count('container-not-described');
      return null;
    }
  }
}

/** Whether `inspect` still describes that life. */
function isOf(inspect: Inspect, { startedUs }: Life, runtime: string): boolean {
  return startedUs === null || lifeOf(describe(runtime, inspect)).startedUs === startedUs;
}

/** The engine's last end, which stays told while the next life runs. */
function endStamp(inspect: Inspect): Micros | null {
  return endOf(inspect) ?? endOf({ ...inspect, State: { ...inspect.State, Running: false, StartedAt: inspect.State.FinishedAt } });
}
