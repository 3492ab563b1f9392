import { formatTime, formatTimeOrNull } from '../lib/time.ts';
import { containerExitSchema, containerSchema, type Container, type ContainerExit } from '../model/container-exit.ts';
import type { FactOf } from '../model/witness.ts';

type Told = FactOf<'container'> | FactOf<'exit'>;

/** What becomes of containers and exits that logs tell. */
export interface LoggedContainersOutput {
  container(container: Container): void;
  exit(exit: ContainerExit): void;
  /** Whether it is known who the container is: the sandboxes of pods end too, and nobody asks of them. */
  isNamed(containerId: string): boolean;
  drop(source: string, reason: 'runtime-tells' | 'never-named'): void;
}

const MAX_HELD = 1_000;
/** kubelet looks every second, later on a busy node. */
const KUBELET_LOOKS_MS = 3_000;

/**
 * Containers and their ends as kubelet and runtimes log them, for nodes where no runtime's socket answers. While it is
 * not known yet whether one does, what is told waits; where one does, it is not needed.
 */
export class LoggedContainers {
  readonly #output: LoggedContainersOutput;
  #runtime: 'unknown' | 'answers' | 'none' = 'unknown';
  #waiting: Told[] = [];
  /** Ends of containers of which nobody has said yet who they are, by id. */
  readonly #unnamed = new Map<string, FactOf<'exit'>>();

  constructor(output: LoggedContainersOutput) {
    this.#output = output;
  }

  hear(fact: Told): void {
    if (this.#runtime === 'answers') this.#output.drop(fact.source, 'runtime-tells');
    else if (this.#runtime === 'none') this.#take(fact);
    else this.#hold(fact);
  }

  /** Whether a runtime's own word is to be had. */
  runtime(state: 'unknown' | 'answers' | 'none'): void {
    if (state === this.#runtime || state === 'unknown') return;
    this.#runtime = state;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const fact of waiting) this.hear(fact);
  }

  /** Somebody said who a container is. */
  named(containerId: string): void {
    const exit = this.#unnamed.get(containerId);
    if (!exit || !this.#output.isNamed(containerId)) return;
    this.#unnamed.delete(containerId);
    this.#take(exit);
  }

  #hold(fact: Told): void {
    this.#waiting.push(fact);
    if (this.#waiting.length <= MAX_HELD) return;
    const oldest = this.#waiting.shift();
    if (oldest) this.#output.drop(oldest.source, 'runtime-tells');
  }

  #take(fact: Told): void {
    const { containerId } = fact.about;
    if (containerId === null) return;
    if (fact.kind === 'container') {
      this.#output.container(containerOf(fact, containerId));
      this.named(containerId);
    } else if (this.#output.isNamed(containerId)) {
      const exit = exitOf(fact, containerId);
      if (exit !== null) this.#output.exit(exit);
    } else {
      this.#keepUnnamed(containerId, fact);
    }
  }

  #keepUnnamed(containerId: string, fact: FactOf<'exit'>): void {
    this.#unnamed.set(containerId, fact);
    const [oldest] = this.#unnamed;
    if (this.#unnamed.size <= MAX_HELD || !oldest) return;
    this.#unnamed.delete(oldest[0]);
    this.#output.drop(oldest[1].source, 'never-named');
  }
}

function containerOf(fact: FactOf<'container'>, containerId: string): Container {
  const { about, runtime, restartCount, startedUs } = fact;
  return containerSchema.parse({ ...identity(fact), containerId, runtime, restartCount, startedAt: formatTimeOrNull(startedUs), containerName: about.containerName });
}

function exitOf(fact: FactOf<'exit'>, containerId: string): ContainerExit | null {
  const { atUs, by, exitCode, runtime } = fact;
  if (atUs === null || exitCode === null) return null;
  return containerExitSchema.parse({ ...identity(fact), containerId, runtime, exitCode, finishedAt: formatTime(atUs), ...(by === 'kubelet' ? { finishedWithinMs: KUBELET_LOOKS_MS } : {}) });
}

/** PID 1 decides whose a kill is: a text, which anybody may have written, does not tell it. */
function identity({ about, trust }: Told): Partial<Container> {
  const { podUid, podNamespace, podName, containerName, pid } = about;
  return { podUid, podNamespace, podName, containerName, initPid: trust === 'text' ? null : pid };
}
