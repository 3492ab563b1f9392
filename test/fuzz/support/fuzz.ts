import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { near } from './mutate.ts';

export interface Target {
  readonly name: string;
  /** Good inputs, of which bad ones are made. */
  readonly seeds: readonly (Uint8Array | string)[];
  readonly tokens: readonly string[];
  /** Throws (an assertion, or whatever it runs into) where the input did harm. */
  readonly check: (input: Uint8Array) => void | Promise<void>;
}

/** `npm run fuzz` gives seconds for each target; `npm test` tries the same few inputs in every run. */
const SECONDS = Number(process.env['WHY137_FUZZ_SECONDS'] ?? 0);
const RUNS = 150;
/** Inputs that did harm once, by target: part of every run since. */
const FOUND = join(import.meta.dirname, '../found');
const REPORTS = join(import.meta.dirname, '../../../.reports/fuzz');

/** Defines the tests of one target: its seeds, what did harm before, and inputs near to them. */
export function fuzz({ name: title, seeds: given, tokens, check }: Target): void {
  const name = title.replaceAll(/[^\w.]+/g, '-');
  const seeds = given.map((seed) => (typeof seed === 'string' ? Buffer.from(seed) : seed));
  describe(`fuzz: ${title}`, () => {
    it.each(found(name))('what did harm before does none: %s', async (_, input) => {
      await check(input);
    });

    it('no input does harm', { timeout: SECONDS > 0 ? (SECONDS + 600) * 1_000 : 60_000 }, async () => {
      for (const seed of seeds) await check(seed);
      const property = fc.asyncProperty(near(seeds, tokens), async (input) => {
        await check(input);
      });
      const long = { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: SECONDS * 1_000, markInterruptAsFailure: false, seed: Date.now() % 2 ** 31 };
      const ran = await fc.check(property, SECONDS > 0 ? long : { numRuns: RUNS });
      if (SECONDS > 0) console.log(`${name}: ${String(ran.numRuns)} inputs, seed ${String(ran.seed)}`);
      const [input] = ran.counterexample ?? [];
      if (input === undefined) return;
      const kept = keep(name, input);
      expect.fail(`${name}, seed ${String(ran.seed)}: an input did harm (${kept}; copy it to test/fuzz/found/${name}/ to keep it): ${String(ran.errorInstance)}`);
    });
  });
}

function found(name: string): readonly (readonly [string, Uint8Array])[] {
  const dir = join(FOUND, name);
  return existsSync(dir) ? readdirSync(dir).map((file) => [file, readFileSync(join(dir, file))] as const) : [];
}

function keep(name: string, input: Uint8Array): string {
  mkdirSync(REPORTS, { recursive: true });
  const file = join(REPORTS, `${name}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
  writeFileSync(file, input);
  return file;
}
