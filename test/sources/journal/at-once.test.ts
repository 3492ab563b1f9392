import { expect, it } from 'vitest';
import { SECOND } from '../../../src/lib/time.ts';
import { AtOnce } from '../../../src/sources/journal/at-once.ts';
import { FakeClock } from '../../host/fake-host.ts';

/** Readings that take so many milliseconds each. */
function scene(tookMs: number) {
  const clock = new FakeClock();
  const ending = new AbortController();
  const begun: number[] = [];
  const state = { wanted: true };
  const atOnce = new AtOnce({
    clock,
    signal: ending.signal,
    read: () =>
      new Promise((resolve) => {
        begun.push(clock.now());
        clock.after(tookMs, () => { resolve(null); });
      }),
    isWanted: () => state.wanted,
  });
  return { clock, ending, begun, state, atOnce };
}

it('one is for all who ask while it runs, and one more after it', async () => {
  const { clock, begun, atOnce } = scene(40);
  const asked = Array.from({ length: 5 }, () => atOnce.soon());
  await clock.turn(100);
  await Promise.all(asked);
  expect(begun).toHaveLength(2);
  void atOnce.soon();
  expect(begun).toHaveLength(3);
});

it('rests after one that took long, three times as long, and reads for who asked meanwhile', async () => {
  const { clock, begun, atOnce } = scene(1_000);
  void atOnce.soon();
  await clock.turn(1_000);
  for (let at = 0; at < 29; at += 1) {
    void atOnce.soon();
    await clock.turn(100);
  }
  expect(begun).toHaveLength(1);
  await clock.turn(200);
  expect(begun).toHaveLength(2);
  expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThanOrEqual(4 * SECOND);
  await clock.turn(60_000);
  expect(begun).toHaveLength(2);
});

it('rests no longer than five seconds, and a clock that is set back does not make it longer', async () => {
  const { clock, begun, atOnce } = scene(60_000);
  void atOnce.soon();
  await clock.turn(60_000);
  clock.setBack(3_600_000);
  void atOnce.soon();
  await clock.turn(5_100);
  expect(begun).toHaveLength(2);
});

it('is over with who follows', async () => {
  const { clock, ending, begun, state, atOnce } = scene(1_000);
  void atOnce.soon();
  await clock.turn(1_000);
  const asked = atOnce.soon();
  state.wanted = false;
  ending.abort();
  await asked;
  await atOnce.soon();
  expect(begun).toHaveLength(1);
});
