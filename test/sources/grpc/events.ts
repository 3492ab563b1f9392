import { systemClock } from '../../../src/host/clock.ts';
import type { Host } from '../../../src/host/host.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';

/** The machine as it is, without child processes. */
export const testHost: Host = {
  clock: systemClock,
  root: '/',
  path: (path) => path,
  spawn: () => {
    throw new Error('no process is started here');
  },
};

type OfType<T extends SourceEvent['type']> = Extract<SourceEvent, { type: T }>;

/** Collects what a source emits, and waits for what a test expects. */
export class Events {
  readonly all: SourceEvent[] = [];
  #listeners = new Set<() => void>();

  readonly emit = (event: SourceEvent): void => {
    this.all.push(event);
    for (const listener of this.#listeners) listener();
  };

  of<T extends SourceEvent['type']>(type: T): OfType<T>[] {
    return this.all.filter((event): event is OfType<T> => event.type === type);
  }

  /** Resolves with the first event of that type that the test accepts, now or later. */
  async first<T extends SourceEvent['type']>(type: T, accept: (event: OfType<T>) => boolean = () => true): Promise<OfType<T>> {
    const look = (): OfType<T> | undefined => this.of(type).find(accept);
    await this.until(() => look() !== undefined, `an event ${type}`);
    return look()!;
  }

  exitOf(id: string): Promise<OfType<'exit'>> {
    return this.first('exit', ({ exit }) => exit.containerId === id);
  }

  containerOf(id: string, accept: (container: OfType<'container'>['container']) => boolean = () => true): Promise<OfType<'container'>> {
    return this.first('container', ({ container }) => container.containerId === id && accept(container));
  }

  until(condition: () => boolean, what: string, ms = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        clearInterval(poll);
        this.#listeners.delete(check);
        settle();
      };
      const check = (): void => {
        if (condition()) finish(resolve);
      };
      const timer = setTimeout(() => {
        finish(() => {
          reject(new Error(`waited ${ms} ms for ${what}; got ${JSON.stringify(this.all)}`));
        });
      }, ms);
      const poll = setInterval(check, 20);
      this.#listeners.add(check);
      check();
    });
  }
}
