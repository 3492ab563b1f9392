import { beforeEach, expect, it } from 'vitest';
import { paced } from '../../src/host/paced.ts';
import { FakeClock } from './fake-host.ts';

let clock: FakeClock;
let acts: number;
let ask: () => void;
beforeEach(() => {
  clock = new FakeClock();
  acts = 0;
  ask = paced(clock, 100, () => {
    acts += 1;
  });
});

it('acts at once for the first who asks, and once for all who ask within its pace', async () => {
  ask();
  expect(acts).toBe(1);
  for (let n = 0; n < 10; n += 1) ask();
  expect(acts).toBe(1);
  await clock.turn(99);
  expect(acts).toBe(1);
  await clock.turn(1);
  expect(acts).toBe(2);
  // The second one rests as long, whoever asks then.
  await clock.turn(50);
  ask();
  expect(acts).toBe(2);
  await clock.turn(50);
  expect(acts).toBe(3);
});

it('does nothing more where nobody asks, and is at once for who comes later', async () => {
  ask();
  await clock.turn(1_000);
  expect(acts).toBe(1);
  ask();
  expect(acts).toBe(2);
});
