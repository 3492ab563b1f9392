import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff } from '../../src/lib/backoff.ts';

test('waits double up to the limit, with jitter', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (jitter) => {
      const backoff = new Backoff(250, 30_000, () => jitter);
      const waits = Array.from({ length: 12 }, () => backoff.next());
      expect(waits[0]).toBeGreaterThanOrEqual(125);
      expect(waits[0]).toBeLessThanOrEqual(250);
      expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000);
      expect(waits.at(-1)).toBeLessThanOrEqual(30_000);
      backoff.reset();
      expect(backoff.next()).toBe(waits[0]);
    }),
  );
});
