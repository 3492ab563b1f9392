import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from '../../src/host/split-lines.ts';

async function split(chunks: readonly Uint8Array[], maxBytes = 1_000): Promise<{ lines: string[]; cuts: number }> {
  let cuts = 0;
  const lines: string[] = [];
  async function* feed() {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  for await (const line of splitLines(feed(), maxBytes, () => (cuts += 1))) {
    lines.push(Buffer.from(line).toString('latin1'));
  }
  return { lines, cuts };
}

it('gives the same lines however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'bc', '\n', '\u00ff', '\r\n'), { maxLength: 60 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      async (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const wanted = bytes.toString('latin1').split('\n');
        if (wanted.at(-1) === '') wanted.pop();
        expect((await split(chunks)).lines).toEqual(wanted);
      },
    ),
  );
});

it('cuts each line beyond the bound once, and keeps the next whole', async () => {
  const result = await split([Buffer.from('abcd'), Buffer.from('efgh'), Buffer.from('ij\nabc\nabcdef')], 5);
  expect(result).toEqual({ lines: ['abcde', 'abc', 'abcde'], cuts: 2 });
});
