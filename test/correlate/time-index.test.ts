import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TimeIndex } from '../../src/correlate/time-index.ts';

const moment = fc.integer({ min: 0, max: 30 });
const step = fc.record({ what: fc.constantFrom('add', 'delete'), which: fc.nat(19) });

it('gives what lies between two moments, oldest first, as looking through all would', () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 20, maxLength: 20 }), fc.array(step), moment, moment, (times, steps, from, to) => {
      const items = times.map((finishedUs, name) => ({ finishedUs, name }));
      const index = new TimeIndex<(typeof items)[number]>();
      const kept = new Set<(typeof items)[number]>();
      for (const { what, which } of steps) {
        const item = items[which] ?? { finishedUs: 0, name: -1 };
        if (what === 'add') {
          index.add(item);
          kept.add(item);
        } else {
          index.delete(item);
          kept.delete(item);
        }
        expect(index.has(item)).toBe(kept.has(item));
      }
      const found = index.between(from, to);
      const byName = (a: { name: number }, b: { name: number }): number => a.name - b.name;
      expect([...found].sort(byName)).toEqual([...kept].filter(({ finishedUs }) => finishedUs >= from && finishedUs <= to).sort(byName));
      expect(found.map(({ finishedUs }) => finishedUs)).toEqual(found.map(({ finishedUs }) => finishedUs).sort((a, b) => a - b));
      expect(index.size).toBe(kept.size);
    }),
  );
});
