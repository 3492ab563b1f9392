import { describe, expect, it } from 'vitest';
import { Alertness } from '../../src/host/alertness.ts';
import { FakeClock } from './fake-host.ts';

describe('Alertness', () => {
  it('looks seldom, often for 5 s after an alert, and no longer when the clock is set', async () => {
    const clock = new FakeClock();
    const alertness = new Alertness(clock, 250, 40);
    expect(alertness.everyMs).toBe(250);
    alertness.alert();
    await clock.turn(4_000);
    expect(alertness.everyMs).toBe(40);
    alertness.alert();
    await clock.turn(4_000);
    expect(alertness.everyMs).toBe(40);
    await clock.turn(1_000);
    expect(alertness.everyMs).toBe(250);
    alertness.alert();
    clock.setBack(3_600_000);
    expect(alertness.everyMs).toBe(250);
  });
});
