import { setFlagsFromString } from 'node:v8';
import { afterEach, expect, it } from 'vitest';
import { spareMemory } from '../../src/host/spare-memory.ts';

afterEach(() => {
  setFlagsFromString('--no-expose-gc');
});

it('gives garbage back soon after the start, again and again, until it is told to stop', () => {
  const due: { ms: number; call: () => void }[] = [];
  let forgotten = 0;
  let busy = false;
  const stop = spareMemory({
    now: () => 0,
    after(ms, call) {
      due.push({ ms, call });
      return () => (forgotten += 1);
    },
  }, () => busy);
  for (let at = 0; at < 4; at += 1) {
    let garbage: unknown[] | null = Array.from({ length: 200_000 }, (_, index) => ({ index }));
    const before = process.memoryUsage().heapUsed;
    expect(garbage).toHaveLength(200_000);
    garbage = null;
    due[at]?.call();
    expect(process.memoryUsage().heapUsed).toBeLessThan(before - 4_000_000);
  }
  expect(due.map(({ ms }) => ms)).toEqual([1_500, 4_000, 10_000, 60_000, 60_000]);
  // While there is much to do, it waits.
  busy = true;
  const kept = Array.from({ length: 200_000 }, (_, index) => ({ index })).length;
  const held = process.memoryUsage().heapUsed;
  due[4]?.call();
  expect([kept, process.memoryUsage().heapUsed >= held]).toEqual([200_000, true]);
  stop();
  expect(forgotten).toBe(1);
});
