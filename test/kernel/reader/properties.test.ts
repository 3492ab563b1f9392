import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, facts, readBulk, readPlain } from './read.ts';
import { framings, otherKernelLine, report } from './reports.ts';

/** Of different processes: the same victim printed again is the same kill. */
const reports = fc.array(report, { minLength: 1, maxLength: 4 }).filter((made) => {
  const pids = made.flatMap((one) => one.pids);
  return new Set(pids).size === pids.length;
});
const framing = fc.constantFrom(...framings);

function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => whole.subarray(from, places[index] ?? whole.length));
}

describe('the kernel reader', () => {
  it('finds every kill of every report in every framing', () => {
    fc.assert(
      fc.property(reports, framing, (made, { put }) => {
        const kills = readPlain([bytes(made.flatMap(({ lines }) => lines).map(put))]);
        expect(kills.map((kill) => kill.victim.pid)).toEqual(made.flatMap(({ pids }) => pids));
      }),
      { numRuns: 300 },
    );
  });

  it.each(framings)('reads the same facts in $name as without prefix', ({ put }) => {
    fc.assert(
      fc.property(report, ({ lines }) => {
        expect(readPlain([bytes(lines.map(put))]).map(facts)).toEqual(readPlain([bytes(lines)]).map(facts));
      }),
      { numRuns: 15 },
    );
  });

  it('gives the same kills wherever the bytes are cut', () => {
    fc.assert(
      fc.property(reports, framing, fc.array(fc.nat(), { maxLength: 12 }), (made, { put }, at) => {
        const whole = bytes(made.flatMap(({ lines }) => lines).map(put));
        expect(readPlain(cut(whole, at))).toEqual(readPlain([whole]));
        expect(readBulk(cut(whole, at))).toEqual(readPlain([whole]));
      }),
    );
  });

  it('is not changed by other kernel lines in between', () => {
    const tagged = framings.filter(({ name }) => name !== 'bare');
    fc.assert(
      fc.property(reports, fc.constantFrom(...tagged), fc.array(fc.tuple(fc.nat(), otherKernelLine), { maxLength: 40 }), (made, { put }, others) => {
        const lines = made.flatMap((one) => one.lines);
        const mixed = [...lines];
        for (const [at, line] of others) mixed.splice(at % (mixed.length + 1), 0, line);
        expect(readPlain([bytes(mixed.map(put))]).map(facts)).toEqual(readPlain([bytes(lines.map(put))]).map(facts));
      }),
    );
  });

  it('passes over the rest of a large log without losing a kill', () => {
    const noise = bytes(Array.from({ length: 12_000 }, (_, at) => `Nov 23 17:43:25 node1 app[${at}]: GET /index.html 200 - nothing to see here, number ${at}`));
    const syslog = framings.find(({ name }) => name === 'rfc3164')!;
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 3 }), fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 3, maxLength: 3 }), (made, gaps) => {
        const pieces = made.flatMap((one, at) => [...Array.from({ length: gaps[at] ?? 0 }, () => noise), bytes(one.lines.map(syslog.put))]);
        const whole = Buffer.concat([...pieces, noise]);
        const chunks = Array.from({ length: Math.ceil(whole.length / 65_536) }, (_, at) => whole.subarray(at * 65_536, (at + 1) * 65_536));
        expect(readBulk(chunks)).toEqual(readPlain([whole]));
      }),
      { numRuns: 5 },
    );
  });

  it('survives any input', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      report.map(({ lines }) => Uint8Array.from(bytes(lines))),
      fc.constantFrom('oom-kill:constraint=', 'Killed process ', '{"MESSAGE":', '6,1,2,-;', '<4>', '[', ' invoked oom-killer:', '\n', '#012').map((text) => Uint8Array.from(Buffer.from(text))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const whole = Buffer.concat(pieces);
        expect(readBulk(cut(whole, [whole.length >> 1]))).toEqual(readPlain([whole]));
      }),
      { numRuns: 400 },
    );
  });
});
