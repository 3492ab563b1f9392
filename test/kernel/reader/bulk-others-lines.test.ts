import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytes, readBulk, readPlain } from './read.ts';
import { framings, report } from './reports.ts';

const noise = bytes(Array.from({ length: 1_500 }, (_, at) => `Nov 23 17:43:25 node1 app[${at}]: GET /index.html 200 - nothing to see here, number ${at}`));
const others = [
  'Nov 23 17:43:25 node1 app[77]: supervisor: Killed process 12 after it did not answer',
  'Nov 23 17:43:25 node1 kubelet[1204]: last lines: oom-kill:constraint=CONSTRAINT_NONE,task=java,pid=1,uid=0',
  '2026-11-23T17:43:25.870158+00:00 node1 systemd[1]: Memory cgroup out of memory: Killed process 9 (dd) total-vm:1kB',
];

it('is not woken, misled or held back by what other programs say of kills', () => {
  const syslog = framings.find(({ name }) => name === 'rfc3164')!;
  const foreign = fc.array(fc.constantFrom(...others), { maxLength: 5 });
  const part = fc.record({ made: report, before: foreign, after: foreign, quiet: fc.boolean(), close: fc.boolean() });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1_000, max: 70_000 }), (parts, size) => {
      const whole = Buffer.concat(
        parts.flatMap(({ made, before, after, quiet, close }) => [...(quiet ? [noise] : []), bytes(before), ...(close ? [] : [noise]), bytes([...made.lines.map(syslog.put), ...after]), noise]),
      );
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, (at + 1) * size));
      expect(readBulk(chunks)).toEqual(readPlain([whole]));
    }),
    { numRuns: 40 },
  );
});
