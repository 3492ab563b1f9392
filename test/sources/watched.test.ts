import { expect, it } from 'vitest';
import type { Emit, SourceEvent } from '../../src/model/source-event.ts';
import type { Source } from '../../src/sources/source.ts';
import { watched } from '../../src/sources/watched.ts';
import { FakeClock } from '../host/fake-host.ts';

/** A source whose every start is kept; it says what the test has it say. */
function scene() {
  const clock = new FakeClock();
  const emits: Emit[] = [];
  let stopped = 0;
  const events: SourceEvent[] = [];
  const make = (): Source => ({
    name: 'log',
    kind: 'kernel-log',
    start(emit) {
      emits.push(emit);
      return Promise.resolve();
    },
    // One that stands still does not end, either.
    stop() {
      stopped += 1;
      return new Promise(() => undefined);
    },
  });
  const source = watched(clock, make, 60_000);
  return { clock, emits, events, source, stopped: () => stopped };
}
const up: SourceEvent = { type: 'up', source: 'log', detail: 'read' };
const covered = (to: number): SourceEvent => ({ type: 'covered', source: 'log', from: null, to });

it('begins a source anew that stood still, says so, and hears the old one no more', async () => {
  const { clock, emits, events, source, stopped } = scene();
  await source.start((event) => events.push(event));
  emits[0]?.(up);
  for (let at = 0; at < 20; at += 1) {
    await clock.turn(10_000);
    emits[0]?.(covered(clock.now()));
  }
  expect([emits.length, events.filter(({ type }) => type === 'down')]).toEqual([1, []]);
  await clock.turn(90_000);
  expect([emits.length, stopped()]).toEqual([2, 1]);
  expect(events.at(-1)).toMatchObject({ type: 'down', restarted: true, why: 'it stood still for 60 s and is begun anew' });
  emits[0]?.(covered(1));
  expect(events.at(-1)?.type).toBe('down');
  emits[1]?.(up);
  expect(events.at(-1)).toEqual(up);
  // And again.
  await clock.turn(90_000);
  expect(emits).toHaveLength(3);
});

it('leaves one alone that is down, or that moves, whatever the wall clock shows', async () => {
  const { clock, emits, events, source } = scene();
  await source.start((event) => events.push(event));
  await clock.turn(600_000);
  emits[0]?.(up);
  emits[0]?.({ type: 'down', source: 'log', why: 'gone', cure: null });
  await clock.turn(600_000);
  emits[0]?.(up);
  clock.setBack(3_600_000);
  await clock.turn(20_000);
  expect(emits).toHaveLength(1);
});
