import { expect, it } from 'vitest';
import { Witnesses } from '../../src/commands/witnesses.ts';
import { FakeClock } from '../host/fake-host.ts';

function scene() {
  const clock = new FakeClock();
  const done = { counts: 0, reads: 0 };
  const source = { count: () => { done.counts += 1; }, readNow: async () => { done.reads += 1; return Promise.resolve(); } };
  return { clock, done, witnesses: new Witnesses(clock, 3_000, [source]) };
}

it('looks at once for an exit, and once more before its answer is due', async () => {
  const { clock, done, witnesses } = scene();
  witnesses.count();
  witnesses.look();
  expect(done).toEqual({ counts: 1, reads: 1 });
  await clock.turn(2_500);
  expect(done).toEqual({ counts: 1, reads: 2 });
});

it('of a storm looks for many at once, and for the last one, too', async () => {
  const { clock, done, witnesses } = scene();
  for (let at = 0; at < 990; at += 1) {
    witnesses.count();
    witnesses.look();
    await clock.turn(1);
  }
  expect(done.counts).toBeLessThan(60);
  expect(done.reads).toBeLessThan(10);
  const before = { ...done };
  await clock.turn(2_500);
  expect([done.counts >= before.counts, done.reads > before.reads]).toEqual([true, true]);
  const after = { ...done };
  await clock.turn(60_000);
  expect(done).toEqual(after);
});
