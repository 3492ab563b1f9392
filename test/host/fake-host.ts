import type { Clock } from '../../src/host/clock.ts';
import { hostPath, type Host, type LineProcess } from '../../src/host/host.ts';
import type { Micros } from '../../src/lib/time.ts';

/** A clock that moves only when it is turned. */
export class FakeClock implements Clock {
  #now: Micros;
  #timers: { at: Micros; callback: () => void }[] = [];

  constructor(now: Micros = 1_700_000_000_000_000) {
    this.#now = now;
  }

  now(): Micros {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms * 1_000, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** The wall clock is set back; what waits, waits as long as before. */
  setBack(ms: number): void {
    this.#now -= ms * 1_000;
    for (const timer of this.#timers) timer.at -= ms * 1_000;
  }

  /** Turns the clock on and lets everything that is due happen, with its consequences. */
  async turn(ms: number): Promise<void> {
    const end = this.#now + ms * 1_000;
    for (;;) {
      await settle();
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises and immediate callbacks run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** What a fake command prints and how it ends; `forever`: it ends when it is stopped. */
export interface Script {
  readonly lines?: readonly string[];
  readonly stderr?: string;
  readonly exitCode?: number | null;
  readonly notFound?: boolean;
  readonly forever?: boolean;
}

export interface FakeHost extends Host {
  readonly clock: FakeClock;
  readonly calls: (readonly string[])[];
}

/** A host whose commands are played by `play`, and whose clock stands still. */
export function fakeHost(root: string, play: (args: readonly string[]) => Script): FakeHost {
  const calls: (readonly string[])[] = [];
  return {
    clock: new FakeClock(),
    root,
    calls,
    path: (path) => hostPath(root, path),
    spawn(_command, args) {
      calls.push(args);
      return playScript(play(args));
    },
  };
}

function playScript({ lines = [], stderr = '', exitCode = 0, notFound = false, forever = false }: Script): LineProcess {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  async function* play() {
    for (const line of lines) yield await Promise.resolve(Buffer.from(line));
    if (forever) await stopped;
    end();
  }
  return {
    lines: play(),
    ended: Promise.race([over, stopped]).then(() => ({ exitCode, stderr, notFound })),
    stop,
  };
}
