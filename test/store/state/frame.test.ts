import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, readFrames } from '../../../src/store/state/frame.ts';

/** Records that say what could be mistaken for a frame. */
const record = fc.record({ n: fc.nat(), text: fc.oneof(fc.string(), fc.constantFrom('w2 3 00000000 {}\n', '\n', 'é\u2028\u0000')) });
const records = fc.array(record, { minLength: 1, maxLength: 4 });

const read = (bytes: Buffer): string[] => [...readFrames(bytes)].flatMap((found) => ('json' in found ? [found.json] : []));
const discarded = (bytes: Buffer): string[] => [...readFrames(bytes)].flatMap((found) => ('discarded' in found ? [found.discarded] : []));
const linesOf = (all: readonly object[]): Buffer[] => all.map((one) => Buffer.from(frame(one)));

describe('a state file', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(records, (all) => {
        const bytes = Buffer.concat(linesOf(all));
        expect(read(bytes)).toEqual(all.map((one) => JSON.stringify(one)));
        expect(discarded(bytes)).toEqual([]);
      }),
    );
  });

  it('cut at any byte, gives every record that was whole, and says that one was torn', () => {
    fc.assert(
      fc.property(records, (all) => {
        const lines = linesOf(all);
        const bytes = Buffer.concat(lines);
        for (let at = 0; at <= bytes.length; at += 1) {
          let end = 0;
          // The newline is no part of what was said.
          const whole = lines.filter((line) => (end += line.length) - 1 <= at).length;
          const cut = bytes.subarray(0, at);
          expect(read(cut)).toEqual(all.slice(0, whole).map((one) => JSON.stringify(one)));
          const begun = lines.slice(0, whole).reduce((sum, line) => sum + line.length, 0) < at;
          expect(discarded(cut)).toEqual(begun ? ['torn'] : []);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('with any one byte changed, gives every other record and never a wrong one', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 255 }), (all, change) => {
        const lines = linesOf(all);
        const bytes = Buffer.concat(lines);
        for (let at = 0; at < bytes.length; at += 1) {
          const damaged = Buffer.from(bytes);
          damaged[at] = (damaged[at] ?? 0) ^ change;
          let begin = 0;
          const hit = lines.findIndex((line) => at < (begin += line.length));
          const isNewline = at === begin - 1;
          const wanted = all.filter((_, index) => index !== hit || isNewline).map((one) => JSON.stringify(one));
          expect(read(damaged)).toEqual(wanted);
          if (!isNewline) expect(discarded(damaged).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('with garbage anywhere between records, gives all of them, and counts the garbage', () => {
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]));
    fc.assert(
      fc.property(records, garbage, fc.nat(), (all, noise, where) => {
        const lines = linesOf(all);
        lines.splice(where % (lines.length + 1), 0, noise);
        const bytes = Buffer.concat(lines);
        expect(read(bytes)).toEqual(all.map((one) => JSON.stringify(one)));
        if (noise.some((byte) => byte !== 0x0a)) expect(discarded(bytes).length).toBeGreaterThan(0);
      }),
    );
  });

  it('leaves out what a newer version wrote, and says so', () => {
    const json = JSON.stringify({ a: 1 });
    const newer = `w3 ${json.length.toString(16)} ${crc32(json, 3).toString(16).padStart(8, '0')} ${json}\n`;
    const bytes = Buffer.from(`${frame({ b: 1 })}${newer}${frame({ c: 1 })}`);
    expect(discarded(bytes)).toEqual(['version']);
    expect(read(bytes)).toEqual(['{"b":1}', '{"c":1}']);
  });
});
