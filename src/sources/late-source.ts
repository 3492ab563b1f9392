import { wait } from '../host/wait.ts';
import type { Host } from '../host/host.ts';
import type { SourceKind } from '../model/source-event.ts';
import type { Source } from './source.ts';

export interface LateOptions<T> {
  readonly host: Host;
  readonly name: string;
  readonly kind: SourceKind;
  /** Looks for what the source needs; null while it is not there. */
  readonly look: () => Promise<T | null>;
  /** Makes the source of what was found; null where that offers no such source. */
  readonly make: (found: T) => Source | null;
  /** What it says while it is not there; left out for one that nobody misses. */
  readonly missed?: { readonly why: string; readonly cure: string };
}

const LOOK_MS = 5_000;

/** A source whose ground is not there yet, as a runtime that starts after the agent: looks for it, then is it. */
export function lateSource<T>({ host, name, kind, look, make, missed }: LateOptions<T>): Source {
  const ending = new AbortController();
  let current: Source | null = null;
  let looking: Promise<void> = Promise.resolve();

  async function find(emit: Parameters<Source['start']>[0]): Promise<void> {
    for (;;) {
      const found = await look().catch(() => null);
      if (ending.signal.aborted) return;
      if (found !== null) {
        current = make(found);
        await current?.start(emit);
        return;
      }
      await wait(host.clock, LOOK_MS, ending.signal);
    }
  }

  return {
    name,
    kind,
    start(emit) {
      if (missed) emit({ type: 'down', source: name, ...missed });
      looking = find(emit);
      return Promise.resolve();
    },
    async stop() {
      ending.abort();
      await looking;
      await current?.stop();
    },
  };
}
