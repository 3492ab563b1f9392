import { expect, it } from 'vitest';
import { ClockSteps } from '../../src/host/clock-steps.ts';
import { HOUR, MS, SECOND } from '../../src/lib/time.ts';

it('finds a clock that was set, or a host that slept, and takes neither slewing nor a smeared second for it', () => {
  const at = { wall: 1_795_455_805 * SECOND, own: 60 * SECOND };
  const steps = new ClockSteps({ now: () => at.wall, monotonic: () => at.own, after: () => () => undefined });
  const pass = (wall: number, own: number): number => {
    at.wall += wall;
    at.own += own;
    return steps.look().setBy;
  };
  expect(pass(5 * SECOND, 5 * SECOND)).toBe(0);
  // A day's smear: a second in 86,400, and NTP's 500 ppm.
  expect(pass(5 * SECOND + 60, 5 * SECOND)).toBe(0);
  expect(pass(5 * SECOND - 3 * MS, 5 * SECOND)).toBe(0);
  expect(pass(HOUR + SECOND, SECOND)).toBe(HOUR);
  expect(pass(-HOUR + SECOND, SECOND)).toBe(-HOUR);
  expect(pass(SECOND, SECOND)).toBe(0);
});

it('says nothing where there is no other clock', () => {
  let now = 0;
  const steps = new ClockSteps({ now: () => now, after: () => () => undefined });
  now = HOUR;
  expect(steps.look()).toEqual({ now: HOUR, setBy: 0 });
});
