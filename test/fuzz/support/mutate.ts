import fc from 'fast-check';

type Step =
  | { readonly op: 'flip'; readonly at: number; readonly bits: number }
  | { readonly op: 'cut' | 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly op: 'insert'; readonly at: number; readonly token: number; readonly times: number }
  | { readonly op: 'splice'; readonly at: number; readonly seed: number; readonly from: number; readonly length: number };

/** What comes out is no longer than this: bounds of the code are shown by its own tests. */
const MAX_BYTES = 256 * 1024;

const place = fc.nat({ max: 2 ** 31 - 1 });
const length = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 64 }) }, { weight: 1, arbitrary: fc.nat({ max: 8_000 }) });
const times = fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(2, 9, 40, 1_000) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('flip' as const), at: place, bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ op: fc.constantFrom('cut' as const, 'repeat' as const), at: place, length, times }),
  fc.record({ op: fc.constant('insert' as const), at: place, token: place, times }),
  fc.record({ op: fc.constant('splice' as const), at: place, seed: place, from: place, length }),
);

/** Inputs near to the given ones: bytes flipped, pieces cut, repeated, put in, and taken from one another. */
export function near(seeds: readonly Uint8Array[], tokens: readonly string[]): fc.Arbitrary<Uint8Array> {
  const words = tokens.map((token) => Buffer.from(token));
  return fc.tuple(fc.nat({ max: seeds.length - 1 }), fc.array(step, { maxLength: 12 })).map(([first, steps]) => {
    let bytes = Buffer.from(seeds[first] ?? Buffer.alloc(0));
    for (const one of steps) bytes = Buffer.from(change(bytes, one, seeds, words).subarray(0, MAX_BYTES));
    return new Uint8Array(bytes);
  });
}

function change(bytes: Buffer, one: Step, seeds: readonly Uint8Array[], words: readonly Buffer[]): Buffer {
  const at = one.at % (bytes.length + 1);
  const before = bytes.subarray(0, at);
  const behind = bytes.subarray(at);
  switch (one.op) {
    case 'flip': {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ one.bits;
      return flipped;
    }
    case 'cut':
      return Buffer.concat([before, behind.subarray(one.length)]);
    case 'repeat':
      return Buffer.concat([before, ...repeated(behind.subarray(0, one.length), one.times + 1), behind.subarray(one.length)]);
    case 'insert':
      return Buffer.concat([before, ...repeated(words[one.token % Math.max(1, words.length)] ?? Buffer.alloc(0), one.times), behind]);
    case 'splice': {
      const other = seeds[one.seed % seeds.length] ?? Buffer.alloc(0);
      const from = one.from % (other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + one.length), behind]);
    }
  }
}

function repeated(piece: Buffer, times: number): readonly Buffer[] {
  const most = Math.ceil(MAX_BYTES / Math.max(1, piece.length));
  return Array.from({ length: Math.min(times, most) }, () => piece);
}
