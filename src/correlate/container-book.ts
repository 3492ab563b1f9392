import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import { SANDBOX_NAME, type Container, type ContainerExit } from '../model/container-exit.ts';
import { fill } from '../model/fill-container.ts';

export { fill } from '../model/fill-container.ts';

/** Two sources tell the same end with times that differ by less. */
export const SAME_END_US = 10 * SECOND;
const SLACK_US = 2 * SECOND;

interface Entry {
  container: Container;
  /** Of `container`, read once: it is asked for with every exit in a flood. */
  startedUs: Micros | null;
  endedUs: Micros | null;
}

/** Containers that are known, alive or not long dead: completes exits with what was told while they lived. */
export class ContainerBook {
  readonly #max: number;
  /** Ids of those that ended, oldest first. */
  readonly #ended = new Set<string>();
  readonly #byId = new Map<string, Entry>();
  readonly #byPod = new Map<string, Set<string>>();
  readonly #byPid = new Map<number, string>();

  constructor(max: number) {
    this.#max = max;
  }

  get(containerId: string): Container | null {
    return this.#byId.get(containerId)?.container ?? null;
  }

  /** Takes what was told; true when it tells something new. */
  add(container: Container): boolean {
    const known = this.#byId.get(container.containerId);
    if (!known) {
      this.#keep({ container, startedUs: startOf(container), endedUs: null });
      return true;
    }
    const again = isAnotherLife(known, container);
    // A new start of the same id has a pid and a start of its own.
    const merged = again ? fill(container, ofAnyLife(known.container)) : fill(known.container, container);
    if (JSON.stringify(merged) === JSON.stringify(known.container)) return false;
    known.container = merged;
    known.startedUs = startOf(merged);
    if (again) {
      known.endedUs = null;
      this.#ended.delete(container.containerId);
    }
    this.#index(merged);
    return true;
  }

  ended(exit: ContainerExit, endedUs: Micros): void {
    const { exitCode: _code, finishedAt: _at, finishedWithinMs: _within, runtimeReason: _reason, ...container } = exit;
    const before = this.#byId.get(exit.containerId);
    // It ended before: what was known of that start says nothing of this one.
    if (before?.endedUs != null && endedUs - before.endedUs > SAME_END_US) {
      before.container = ofAnyLife(before.container);
      before.startedUs = null;
    }
    const started = this.nextStart(exit.containerId, endedUs);
    this.add(started === null ? container : ofAnyLife(container));
    const known = this.#byId.get(exit.containerId);
    if (!known || started !== null) return;
    // Told again when another source tells it, but the container stays among the ended where it was.
    known.endedUs = endedUs;
    this.#ended.add(exit.containerId);
  }

  /** An exit with what is known of its container besides. */
  complete(exit: ContainerExit, finishedUs: Micros): ContainerExit {
    const known = this.get(exit.containerId);
    if (known === null) return exit;
    return fill(exit, this.nextStart(exit.containerId, finishedUs) === null ? known : ofAnyLife(known));
  }

  /** When the container was started again after this end; null where it was not. */
  nextStart(containerId: string, endedUs: Micros): Micros | null {
    const startedUs = this.#byId.get(containerId)?.startedUs ?? null;
    return startedUs !== null && startedUs > endedUs ? startedUs : null;
  }

  /** When the pod's next container of the same name started, which kubelet makes after an end; null where none has. */
  successorStart(exit: ContainerExit, endedUs: Micros): Micros | null {
    const { containerName } = exit;
    if (containerName === null || containerName === '') return null;
    const starts = this.#inPod(exit).flatMap((id) => {
      const entry = this.#byId.get(id);
      const isNext = entry?.startedUs != null && entry.startedUs > endedUs && id !== exit.containerId && entry.container.containerName === containerName && samePod(entry.container, exit);
      return isNext ? [entry.startedUs ?? Infinity] : [];
    });
    return starts.length === 0 ? null : Math.min(...starts);
  }

  /** Ids of the containers that `namespace/pod`, `namespace/pod/container` or the name of a pod names. */
  named(target: string): readonly string[] {
    const [first, second, third, ...rest] = target.split('/');
    if (rest.length > 0) return [];
    const [namespace, pod] = second === undefined ? [undefined, first] : [first, second];
    return [...this.#byId.values()].flatMap(({ container: c }) => {
      const fits = c.podName === pod && (namespace === undefined || c.podNamespace === namespace) && (third === undefined || c.containerName === third);
      return fits ? [c.containerId] : [];
    });
  }

  /** Which container had this host pid as its PID 1 at the moment (null: at any time). Pids are used again. */
  withInitPid(pid: number | null, at: Micros | null): string | null {
    const containerId = pid === null ? undefined : this.#byPid.get(pid);
    const entry = containerId === undefined ? undefined : this.#byId.get(containerId);
    if (!entry || containerId === undefined) return null;
    const { startedUs } = entry;
    const lived = at === null || ((startedUs === null || startedUs <= at + SLACK_US) && (entry.endedUs === null || entry.endedUs >= at - SLACK_US));
    return lived ? containerId : null;
  }

  /** The same where since when it had this pid is known, too. */
  ofInitPid(pid: number | null, at: Micros | null): Container | null {
    const entry = at === null ? undefined : this.#byId.get(this.withInitPid(pid, at) ?? '');
    return entry?.startedUs == null || at === null || entry.startedUs > at ? null : entry.container;
  }

  /** Other containers of the pod that lived at the moment; not the same container's earlier lives, nor the pod's sandbox. */
  siblings(exit: ContainerExit, at: Micros): readonly Container[] {
    return this.#inPod(exit).flatMap((id) => {
      const entry = this.#byId.get(id);
      if (!entry || id === exit.containerId || isSandbox(entry.container) || !samePod(entry.container, exit)) return [];
      const { podName, containerName } = entry.container;
      if (containerName !== null && containerName === exit.containerName && podName === exit.podName) return [];
      if (entry.startedUs !== null && entry.startedUs > at) return [];
      return entry.endedUs !== null && entry.endedUs < at - SECOND ? [] : [entry.container];
    });
  }

  /** Ids of all that may be of this container's pod. */
  #inPod(container: Container): readonly string[] {
    return [...new Set(podKeys(container).flatMap((key) => [...(this.#byPod.get(key) ?? [])]))];
  }

  #keep(entry: Entry): void {
    this.#byId.set(entry.container.containerId, entry);
    this.#index(entry.container);
    if (this.#byId.size <= this.#max) return;
    const [oldest] = this.#ended.size > 0 ? this.#ended : this.#byId.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(containerId: string): void {
    const entry = this.#byId.get(containerId);
    this.#byId.delete(containerId);
    this.#ended.delete(containerId);
    if (!entry) return;
    const { initPid } = entry.container;
    for (const key of podKeys(entry.container)) {
      const ids = this.#byPod.get(key);
      ids?.delete(containerId);
      if (ids?.size === 0) this.#byPod.delete(key);
    }
    if (initPid !== null && this.#byPid.get(initPid) === containerId) this.#byPid.delete(initPid);
  }

  #index(container: Container): void {
    const { containerId, initPid } = container;
    if (initPid !== null) this.#byPid.set(initPid, containerId);
    for (const key of podKeys(container)) {
      const ids = this.#byPod.get(key) ?? new Set();
      ids.add(containerId);
      this.#byPod.set(key, ids);
    }
  }
}

/** Whether two are told to be of one pod. A name is used again by the next pod. */
export function samePod(one: Container, other: Container): boolean {
  if (one.podUid && other.podUid) return one.podUid === other.podUid;
  return one.podName !== null && one.podName !== '' && one.podName === other.podName && one.podNamespace === other.podNamespace;
}

/** A pod by its uid, and by its name where that is all that is told. */
function podKeys({ podUid, podNamespace, podName }: Container): readonly string[] {
  const keys = podUid ? [podUid] : [];
  return podName ? [...keys, `${podNamespace ?? ''}/${podName}`] : keys;
}

function startOf({ startedAt }: Container): Micros | null {
  return startedAt === null ? null : parseTime(startedAt);
}

/** Whether what is told is of a later start of the same id (docker restart, ctr). */
function isAnotherLife({ container, endedUs }: Entry, told: Container): boolean {
  if (container.initPid !== null && told.initPid !== null) return container.initPid !== told.initPid;
  const startedUs = startOf(told);
  return endedUs !== null && startedUs !== null && startedUs > endedUs;
}

/** Without what differs from one start to the next. */
function ofAnyLife<T extends Container>(container: T): T {
  return { ...container, initPid: null, startedAt: null, restartCount: null };
}

export function isSandbox(container: Pick<Container, 'containerName'>): boolean {
  return container.containerName === SANDBOX_NAME;
}
