import type { Micros } from '../../lib/time.ts';
import { formatTimeOrNull } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import { bareContainer } from './identity.ts';

interface Entry {
  container: Container;
  described: boolean;
  running: boolean;
}

/** Names a container on this node: ids are unique only within a namespace. */
export interface Key {
  readonly namespace: string;
  readonly id: string;
}

/** What is known of the containers that containerd holds; as large as containerd's own list. */
export class ContainerTable {
  readonly #entries = new Map<string, Entry>();

  /** From containerd's record; what its task told (pid, start) is kept. */
  describe(key: Key, described: Container): Container {
    const entry = this.#entry(key);
    const { initPid, startedAt } = entry.container;
    entry.container = { ...described, initPid, startedAt };
    entry.described = true;
    return entry.container;
  }

  /** Its task runs. A pid already known keeps its start, where this is not told anew. */
  start(key: Key, pid: number, startedAt: Micros | null): Container {
    const entry = this.#entry(key);
    const known = entry.container.initPid === pid ? entry.container.startedAt : null;
    entry.container = { ...entry.container, initPid: pid === 0 ? null : pid, startedAt: formatTimeOrNull(startedAt) ?? known };
    entry.running = true;
    return entry.container;
  }

  /** Its task ended (pid 0: not said); null when that was known already. */
  exit(key: Key, saidPid: number): Container | null {
    const entry = this.#entry(key);
    const { initPid, startedAt } = entry.container;
    const pid = saidPid === 0 ? initPid : saidPid;
    if (!entry.running && pid !== null && pid === initPid) return null;
    entry.container = { ...entry.container, initPid: pid, startedAt: pid === initPid ? startedAt : null };
    entry.running = false;
    return entry.container;
  }

  /** Known to have stopped, without anybody having said how. */
  vanish(key: Key): void {
    this.#entry(key).running = false;
  }

  forget(key: Key): void {
    this.#entries.delete(keyText(key));
  }

  has(key: Key): boolean {
    return this.#entries.has(keyText(key));
  }

  isDescribed(key: Key): boolean {
    return this.#entries.get(keyText(key))?.described ?? false;
  }

  get(key: Key): Container {
    return this.#entry(key).container;
  }

  /** Makes room for a container that is to be described. */
  expect(key: Key): void {
    this.#entry(key);
  }

  keys(): Key[] {
    return [...this.#entries.keys()].map(keyOfText);
  }

  /** Those that run, with their PID 1. */
  running(): { readonly key: Key; readonly pid: number | null }[] {
    return [...this.#entries].flatMap(([text, { running, container }]) => (running ? [{ key: keyOfText(text), pid: container.initPid }] : []));
  }

  #entry(key: Key): Entry {
    const text = keyText(key);
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      entry = { container: bareContainer(key.namespace, key.id), described: false, running: false };
      this.#entries.set(text, entry);
    }
    return entry;
  }
}

/** containerd allows no slash in either part. */
export function keyText(key: Key): string {
  return `${key.namespace}/${key.id}`;
}

function keyOfText(text: string): Key {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), id: text.slice(slash + 1) };
}
