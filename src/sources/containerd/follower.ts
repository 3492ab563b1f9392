import type { Clock } from '../../host/clock.ts';
import type { Micros } from '../../lib/time.ts';
import { formatTime } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Tally } from '../grpc/tally.ts';
import type { ContainerdClient } from './client.ts';
import type { ContainerTable, Key } from './container-table.ts';
import { keyText } from './container-table.ts';
import type { ContainerdEvent } from './events.ts';
import { describeContainer } from './identity.ts';

/** Containers that are asked about at the same time: kubelet needs the runtime too. */
const AT_ONCE = 2;

export interface FollowerParts {
  readonly source: string;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly client: ContainerdClient;
  readonly table: ContainerTable;
  readonly tally: Tally;
}

/** Hands containerd's events on as they come: an exit at once, never after another call. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #describing = new Set<string>();
  /** Containers that are to be described when one of those is done. */
  readonly #waiting = new Map<string, Key>();
  /** Containers that events spoke of while a list is being read: newer than the list. */
  #touched: Set<string> | null = null;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Begins to remember of whom events speak; ends with `listed`. */
  listing(): ReadonlySet<string> {
    this.#touched = new Set();
    return this.#touched;
  }

  listed(): void {
    this.#touched = null;
  }

  handle(event: ContainerdEvent): void {
    const { table, tally, source, emit } = this.#parts;
    if (event.type === 'unused') {
      tally.count(event.why);
      return;
    }
    const key = { namespace: event.namespace, id: event.id };
    this.#touched?.add(keyText(key));
    switch (event.type) {
      case 'start':
        emit({ type: 'container', source, container: table.start(key, event.pid, event.time) });
        if (!table.isDescribed(key)) this.#describe(key);
        break;
      case 'exit': {
        const container = table.exit(key, event.pid);
        if (container === null) tally.count('exit-told-twice');
        else this.emitExit(container, event.exitCode, event.exitedAt ?? event.time ?? this.#parts.clock.now());
        if (!table.isDescribed(key)) this.#describe(key);
        break;
      }
      case 'changed':
        table.expect(key);
        this.#describe(key);
        break;
      case 'deleted':
        table.forget(key);
        break;
    }
  }

  emitExit(container: Container, exitCode: number, finishedAt: Micros): void {
    const { emit, source } = this.#parts;
    emit({
      type: 'exit',
      source,
      exit: { ...container, exitCode, finishedAt: formatTime(finishedAt), runtimeReason: null },
    });
  }

  /** Asks who a container is, and tells it when the answer comes; one question at a time for each container. */
  #describe(key: Key): void {
    const text = keyText(key);
    if (this.#describing.has(text)) return;
    if (this.#describing.size >= AT_ONCE) {
      this.#waiting.set(text, key);
      return;
    }
    this.#describing.add(text);
    const { client, table, tally, source, emit } = this.#parts;
    const ask = async (): Promise<void> => {
      const record = await client.container(key.namespace, key.id);
      if (record === null) {
        tally.count('container-gone-before-described');
        return;
      }
      const described = describeContainer(key.namespace, record, tally);
      // A container removed meanwhile is told of, not kept.
      emit({ type: 'container', source, container: table.has(key) ? table.describe(key, described) : described });
    };
    ask()
      .catch(() => {
        tally.count('container-not-described');
      })
      .finally(() => {
        this.#describing.delete(text);
        this.#describeNext();
      });
  }

  #describeNext(): void {
    const { table, tally } = this.#parts;
    for (const [text, key] of this.#waiting) {
      this.#waiting.delete(text);
      if (table.has(key)) {
        this.#describe(key);
        return;
      }
      tally.count('container-gone-before-described');
    }
  }
}
