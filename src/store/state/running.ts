import { saySome } from '../../lib/say-some.ts';
import type { Container, ContainerExit } from '../../model/container-exit.ts';
import { SANDBOX_NAME } from '../../model/container-exit.ts';
import { fill } from '../../model/fill-container.ts';
import { frame } from './frame.ts';

interface Running {
  readonly source: string;
  readonly container: Container;
}

/** Containers, and ends that are remembered so that later news of the same life does not revive it. */
const MAX = 5_000;

/**
 * Containers that run, as runtimes told it, kept over a restart: one that ran when the agent went, and of which no
 * runtime knows anything when it is back, has ended with nobody there to say how.
 */
export class RunningContainers {
  readonly #running = new Map<string, Running>();
  /** Of earlier runs, and not heard of in this one. */
  readonly #missing = new Map<string, Running>();
  /** PID 1 of the last life that ended, by container. */
  readonly #endedPids = new Map<string, number | null>();
  /** Runtimes that have said everything they hold. */
  readonly #listed = new Set<string>();

  load(source: string, container: Container): void {
    this.#running.set(container.containerId, { source, container });
    this.#missing.set(container.containerId, { source, container });
  }

  /** Everything that was loaded is of an earlier boot: its process numbers say nothing. */
  rebooted(): void {
    for (const [id, { source, container }] of this.#missing) {
      const one = { source, container: { ...container, initPid: null } };
      this.#missing.set(id, one);
      this.#running.set(id, one);
    }
  }

  unload(containerId: string): void {
    this.#running.delete(containerId);
    this.#missing.delete(containerId);
  }

  /** Those that ran when an earlier run last heard of them. */
  *remembered(): Generator<Container, void> {
    for (const { container } of this.#missing.values()) yield container;
  }

  /** Takes a runtime's word on a container; gives the line that keeps it, or null where nothing is new. */
  tell(source: string, container: Container): string | null {
    const { containerId, initPid, startedAt, containerName } = container;
    this.#found(container);
    if (containerName === SANDBOX_NAME) return this.#running.delete(containerId) ? gone(containerId) : null;
    if (initPid === null && startedAt === null) return null;
    const ended = this.#endedPids.get(containerId);
    if (ended !== undefined && (ended === null || initPid === null || ended === initPid)) return null;
    const known = this.#running.get(containerId);
    // The sources know different things of it; who runs is what counts here.
    if (known && isSame(known.container, container)) return null;
    const next = { source: known?.source ?? source, container: known ? fill(container, known.container) : container };
    this.#running.set(containerId, next);
    if (this.#running.size > MAX) this.#forgetOldest();
    return frame({ kind: 'container', ...next });
  }

  ended({ containerId, initPid }: ContainerExit): string | null {
    this.#missing.delete(containerId);
    this.#endedPids.delete(containerId);
    this.#endedPids.set(containerId, initPid);
    const [oldest] = this.#endedPids.keys();
    if (this.#endedPids.size > MAX && oldest !== undefined) this.#endedPids.delete(oldest);
    const known = this.#running.get(containerId);
    if (!known || (initPid !== null && known.container.initPid !== null && known.container.initPid !== initPid)) return null;
    this.#running.delete(containerId);
    return gone(containerId);
  }

  /** A runtime has said everything it holds. */
  listed(source: string): void {
    this.#listed.add(source);
  }

  /** Those that ran when they were last heard of and that no runtime knows any more, by source; each is given once. */
  lost(): ReadonlyMap<string, readonly Container[]> {
    const lost = new Map<string, Container[]>();
    for (const [id, { source, container }] of this.#missing) {
      if (!this.#listed.has(source)) continue;
      this.#missing.delete(id);
      // Another life of it may run by now.
      if (this.#running.get(id)?.container === container) this.#running.delete(id);
      lost.set(source, [...(lost.get(source) ?? []), container]);
    }
    return lost;
  }

  get size(): number {
    return this.#running.size;
  }

  *lines(): Generator<string, void> {
    for (const { source, container } of this.#running.values()) yield frame({ kind: 'container', source, container });
  }

  /** It runs, and it is the same life. A runtime may list what does not run any more. */
  #found({ containerId, initPid, startedAt }: Container): void {
    const missing = this.#missing.get(containerId);
    if (!missing || (initPid === null && startedAt === null)) return;
    const another = initPid !== null && missing.container.initPid !== null && initPid !== missing.container.initPid;
    if (!another) this.#missing.delete(containerId);
  }

  #forgetOldest(): void {
    const [oldest] = this.#running.keys();
    if (oldest !== undefined) this.#running.delete(oldest);
  }
}

export function gone(containerId: string): string {
  return frame({ kind: 'container-gone', containerId });
}

function isSame(one: Container, other: Container): boolean {
  return one.initPid === (other.initPid ?? one.initPid) && one.podName === (other.podName ?? one.podName) && one.containerName === (other.containerName ?? one.containerName);
}

/** Who they are, the first few of them. */
export function sayContainers(containers: readonly Container[]): string {
  return saySome(containers.map(({ podNamespace, podName, containerName, containerId }) => {
    const pod = podName === null ? '' : `${podNamespace ?? ''}/${podName} `;
    return `${pod}${containerName ?? containerId.slice(0, 12)}`;
  }));
}
