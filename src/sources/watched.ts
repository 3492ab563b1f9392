import type { Clock } from '../host/clock.ts';
import type { Emit } from '../model/source-event.ts';
import type { Source } from './source.ts';

/** A source that is up says so at least every few seconds; one that has been silent for so long stands still. */
const SILENT_MS = 120_000;
const LOOK_MS = 15_000;

/**
 * A source with a watchdog: one that is up and says nothing any more, not even how far it has read (a read that never comes
 * back, a disk that is gone), is left behind, and another is begun where it was. `make` is asked for each.
 */
export function watched(clock: Clock, make: () => Source, silentMs = SILENT_MS): Source {
  let current = make();
  const { name, kind } = current;
  let isUp = false;
  let isMoving = false;
  let silentForMs = 0;
  let forget: () => void = () => undefined;

  async function begin(source: Source, emit: Emit): Promise<void> {
    current = source;
    await source.start((event) => {
      // What one that was left behind still has to say, the next one says.
      if (source !== current) return;
      isMoving = true;
      if (event.type === 'up') isUp = true;
      if (event.type === 'down') isUp = false;
      emit(event);
    });
  }

  /** Counted by looks, not by the wall clock: that may be set, and a host may sleep. */
  function look(emit: Emit): void {
    forget = clock.after(LOOK_MS, () => {
      silentForMs = isMoving || !isUp ? 0 : silentForMs + LOOK_MS;
      isMoving = false;
      if (silentForMs >= silentMs) restart(emit);
      look(emit);
    });
  }

  function restart(emit: Emit): void {
    const left = current;
    isUp = false;
    silentForMs = 0;
    const why = `it stood still for ${String(silentMs / 1_000)} s and is begun anew`;
    emit({ type: 'down', source: name, why, cure: 'See whether the disk and the file that it reads answer', restarted: true });
    left.stop().catch(() => undefined);
    begin(make(), emit).catch(() => undefined);
  }

  return {
    name,
    kind,
    async start(emit) {
      await begin(current, emit);
      look(emit);
    },
    async stop() {
      forget();
      await current.stop();
    },
  };
}
