import { SECOND, type Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from '../model/container-exit.ts';

interface Entry {
  container: Container;
  endedUs: Micros | null;
}

/** Containers that are known, alive or not long dead: completes exits with what was told while they lived. */
export class ContainerBook {
  readonly #max: number;
  readonly #byId = new Map<string, Entry>();
  readonly #byPod = new Map<string, Set<string>>();

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
      this.#keep({ container, endedUs: null });
      return true;
    }
    const merged = fill(known.container, container);
    if (JSON.stringify(merged) === JSON.stringify(known.container)) return false;
    // A new start of the same id has a pid and a start of its own.
    known.container = merged;
    this.#index(merged);
    return true;
  }

  ended(exit: ContainerExit, endedUs: Micros): void {
    const { exitCode: _code, finishedAt: _at, runtimeReason: _reason, ...container } = exit;
    this.add(container);
    const known = this.#byId.get(exit.containerId);
    if (known) known.endedUs = endedUs;
  }

  /** An exit with what is known of its container besides. */
  complete(exit: ContainerExit): ContainerExit {
    const known = this.get(exit.containerId);
    return known === null ? exit : { ...exit, ...fill(exit, known) };
  }

  /** Other containers of the pod that lived at the moment; not the same container's earlier lives, nor the pod's sandbox. */
  siblings(exit: ContainerExit, at: Micros): readonly Container[] {
    const ids = exit.podUid === null ? [] : [...(this.#byPod.get(exit.podUid) ?? [])];
    return ids.flatMap((id) => {
      const entry = this.#byId.get(id);
      if (!entry || id === exit.containerId || isSandbox(entry.container)) return [];
      const { podName, containerName } = entry.container;
      if (containerName !== null && containerName === exit.containerName && podName === exit.podName) return [];
      return entry.endedUs !== null && entry.endedUs < at - SECOND ? [] : [entry.container];
    });
  }

  #keep(entry: Entry): void {
    this.#byId.set(entry.container.containerId, entry);
    this.#index(entry.container);
    if (this.#byId.size <= this.#max) return;
    const dead = [...this.#byId.values()].find(({ endedUs }) => endedUs !== null) ?? [...this.#byId.values()][0];
    if (!dead) return;
    this.#byId.delete(dead.container.containerId);
    this.#byPod.get(dead.container.podUid ?? '')?.delete(dead.container.containerId);
  }

  #index({ podUid, containerId }: Container): void {
    if (podUid === null) return;
    const ids = this.#byPod.get(podUid) ?? new Set();
    ids.add(containerId);
    this.#byPod.set(podUid, ids);
  }
}

/** A pod's sandbox (pause) as the runtimes' sources name it. */
export const SANDBOX_NAME = 'POD';

export function isSandbox(container: Pick<Container, 'containerName'>): boolean {
  return container.containerName === SANDBOX_NAME;
}

/** The first's own values, completed by the second's. */
function fill<T extends Container>(first: T, second: Container): T {
  const missing = Object.entries(second).filter(([key, value]) => value !== null && Object.entries(first).some(([name, old]) => name === key && old === null));
  return { ...first, ...Object.fromEntries(missing) };
}
