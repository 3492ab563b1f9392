import type { Clock } from '../../host/clock.ts';
import type { Micros } from '../../lib/time.ts';
import { SECOND, parseTime } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Tally } from '../grpc/tally.ts';
import type { CriClient } from './client.ts';
import { containerOfStatus, exitOfStatus } from './identity.ts';
import { EXITED, RUNNING } from './messages.ts';
import type { Listed } from './messages.ts';

/** Runtimes may call an end `Error` first and `OOMKilled` a moment later: it is read again until this old. */
const SETTLED_AFTER: Micros = 2 * SECOND;
/** Statuses asked for at the same time: kubelet needs the runtime too. */
const AT_ONCE = 4;

interface Known {
  readonly container: Container;
  readonly ended: boolean;
  readonly reason: string | null;
  readonly settled: boolean;
}

export interface WatchParts {
  readonly source: string;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly tally: Tally;
}

/** What the CRI's list has told so far: each container is described once, and each end told once (or as its reason changes). */
export class ContainerWatch {
  readonly #parts: WatchParts;
  /** As large as the runtime's own list. */
  readonly #known = new Map<string, Known>();

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Reads the whole list. Returns how many it held, and those that ran before and were removed with nobody told how they ended. */
  async poll(client: CriClient): Promise<{ readonly size: number; readonly removed: readonly string[] }> {
    const listed = await client.list();
    const due = listed.filter((item) => this.#isDue(item));
    for (let at = 0; at < due.length; at += AT_ONCE) {
      await Promise.all(due.slice(at, at + AT_ONCE).map(({ id }) => this.look(client, id)));
    }
    const kept = new Set(listed.map(({ id }) => id));
    const removed: string[] = [];
    for (const [id, { ended }] of this.#known) {
      if (kept.has(id)) continue;
      this.#known.delete(id);
      if (!ended) removed.push(id);
    }
    return { size: listed.length, removed };
  }

  /** Whether nothing more is expected of a container. */
  isSettled(id: string): boolean {
    return this.#known.get(id)?.settled ?? false;
  }

  /** Reads one status and tells what is new; false when the runtime does not know the container (any more). */
  async look(client: CriClient, id: string): Promise<boolean> {
    const reply = await client.status(id, !this.#known.has(id));
    // Runtimes take the beginning of an id for the whole: a container of another namespace may be called so.
    if (reply?.status.id !== id) return false;
    const { emit, source, tally } = this.#parts;
    const before = this.#known.get(id);
    const container = merge(containerOfStatus(client.version.runtimeName, reply, tally), before?.container);
    const { state } = reply.status;
    if (state !== EXITED) {
      if (state !== RUNNING || before !== undefined) return true;
      this.#known.set(id, { container, ended: false, reason: null, settled: false });
      emit({ type: 'container', source, container });
      return true;
    }
    const exit = exitOfStatus(container, reply.status);
    if (exit === null) {
      if (before?.ended !== true) tally.count('exit-without-time');
      this.#known.set(id, { container, ended: true, reason: null, settled: true });
      return true;
    }
    const age = this.#parts.clock.now() - (parseTime(exit.finishedAt) ?? 0);
    this.#known.set(id, { container, ended: true, reason: exit.runtimeReason, settled: age >= SETTLED_AFTER });
    if (before?.ended !== true || before.reason !== exit.runtimeReason) emit({ type: 'exit', source, exit });
    return true;
  }

  #isDue({ id, state }: Listed): boolean {
    const known = this.#known.get(id);
    if (state === EXITED) return known?.settled !== true;
    return state === RUNNING && known === undefined;
  }
}

/** The verbose facts are read once, and a pid is not told after the end. */
function merge(now: Container, before: Container | undefined): Container {
  if (before === undefined) return now;
  return {
    ...now,
    cgroup: now.cgroup ?? before.cgroup,
    initPid: now.initPid ?? before.initPid,
    memoryLimitBytes: now.memoryLimitBytes ?? before.memoryLimitBytes,
  };
}
