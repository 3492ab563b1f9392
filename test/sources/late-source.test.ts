import { expect, it } from 'vitest';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { lateSource } from '../../src/sources/late-source.ts';
import type { Source } from '../../src/sources/source.ts';
import { fakeHost, settle } from '../host/fake-host.ts';

function made(): { real: Source; stopped: () => boolean } {
  let stopped = false;
  const real: Source = {
    name: 'containerd',
    kind: 'exits',
    start(emit) {
      emit({ type: 'up', source: 'containerd', detail: 'found' });
      return Promise.resolve();
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
  return { real, stopped: () => stopped };
}

it('is down while there is nothing to read, and the real source once there is', async () => {
  const host = fakeHost('/', () => ({}));
  const { real, stopped } = made();
  const events: SourceEvent[] = [];
  let there = false;
  const late = lateSource({ host, name: 'containerd', kind: 'exits', look: () => Promise.resolve(there ? 'socket' : null), make: () => real, missed: { why: 'no socket', cure: 'mount it' } });
  await late.start((event) => events.push(event));
  await settle();
  expect(events).toEqual([{ type: 'down', source: 'containerd', why: 'no socket', cure: 'mount it' }]);
  await host.clock.turn(5_000);
  expect(events).toHaveLength(1);
  there = true;
  await host.clock.turn(5_000);
  expect(events.at(-1)).toEqual({ type: 'up', source: 'containerd', detail: 'found' });
  await late.stop();
  expect(stopped()).toBe(true);
});

it('can be stopped while it looks', async () => {
  const host = fakeHost('/', () => ({}));
  const late = lateSource({ host, name: 'cri', kind: 'exits', look: () => Promise.reject(new Error('gone')), make: () => null, missed: { why: 'no socket', cure: 'mount it' } });
  await late.start(() => undefined);
  await late.stop();
});
