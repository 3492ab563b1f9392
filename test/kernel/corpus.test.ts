import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { NO_TIME } from '../../src/kernel/framing/wall-time.ts';
import { collectKills } from '../../src/kernel/reader/record-reader.ts';
import { TextReader } from '../../src/kernel/reader/text-reader.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';

/** Public reports kept outside the repository: read where they stand, skipped where they are absent. */
const corpus = process.env['WHY137_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');
const names = existsSync(corpus)
  ? readdirSync(corpus).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5)).sort()
  : [];
if (names.length === 0) console.log(`corpus: skipped, no reports at ${corpus}`);

const expectedSchema = z.looseObject({
  optional: z.optional(z.boolean()),
  repeatOf: z.optional(z.number()),
  ambiguous: z.optional(z.array(z.string())),
});
const labelSchema = z.object({ expected: z.array(expectedSchema), wrapped: z._default(z.boolean(), false) });
type Expected = z.infer<typeof expectedSchema>;

const KB = 1024;
const NO_LIMIT = 9_000_000_000_000_000;

function flat(kill: OomKill): Record<string, unknown> {
  const kb = (bytes: number | null): number | null => (bytes === null ? null : bytes / KB);
  return {
    scope: kill.scope,
    limitCgroup: kill.limitCgroup,
    victimCgroup: kill.victimCgroup,
    containerId: kill.containerId,
    podUid: kill.podUid,
    'victim.pid': kill.victim.pid,
    'victim.comm': kill.victim.comm,
    'victim.uid': kill.victim.uid,
    'victim.totalVmKb': kb(kill.victim.totalVmBytes),
    'victim.anonRssKb': kb(kill.victim.anonRssBytes),
    'victim.fileRssKb': kb(kill.victim.fileRssBytes),
    'victim.shmemRssKb': kb(kill.victim.shmemRssBytes),
    'victim.oomScoreAdj': kill.victim.oomScoreAdj,
    'invoker.comm': kill.invoker.comm,
    'invoker.pid': kill.invoker.pid,
    'invoker.oomScoreAdj': kill.invoker.oomScoreAdj,
    'memory.usageKb': kb(kill.memory.usageBytes),
    'memory.limitKb': kb(kill.memory.limitBytes),
    'memory.failcnt': kill.memory.failcnt,
  };
}

function flatExpected(expected: Expected): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(expected)) {
    if (['labelSources', 'optional', 'repeatOf', 'ambiguous'].includes(key)) continue;
    const nested = ['victim', 'invoker', 'memory'].includes(key);
    if (nested && typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) out[`${key}.${name}`] = part;
    } else if (!nested) out[key] = value;
  }
  const limit = out['memory.limitKb'];
  if (typeof limit === 'number' && limit > NO_LIMIT) out['memory.limitKb'] = null;
  for (const field of expected.ambiguous ?? []) {
    for (const key of Object.keys(out)) if (key === field || key.startsWith(`${field}.`)) Reflect.deleteProperty(out, key);
  }
  return out;
}

function read(text: Buffer): OomKill[] {
  const kills: OomKill[] = [];
  const reader = new TextReader('corpus', NO_TIME, collectKills((kill) => kills.push(kill)));
  reader.push(text);
  reader.end();
  return kills;
}

describe('corpus', () => {
  if (names.length === 0) {
    it('is not at hand', ({ skip }) => {
      skip(`no reports at ${corpus}`);
    });
  }

  it.each(names)('%s', (name) => {
    const { expected, wrapped } = labelSchema.parse(JSON.parse(readFileSync(join(corpus, `${name}.json`), 'utf8')));
    const kills = read(readFileSync(join(corpus, `${name}.txt`)));
    const wanted = expected.filter((one) => one.repeatOf === undefined);
    const misses: string[] = [];
    let fields = 0;
    const left = [...kills];
    for (const one of wanted) {
      const want = flatExpected(one);
      const at = left.findIndex((kill) => kill.victim.pid === want['victim.pid']);
      const kill = at < 0 ? undefined : left.splice(at, 1)[0];
      if (!kill) {
        if (one.optional !== true) misses.push(`kill of ${String(want['victim.pid'])} not found`);
        continue;
      }
      const got = flat(kill);
      for (const [field, value] of Object.entries(want)) {
        fields += 1;
        if (got[field] !== value) misses.push(`${field}: want ${JSON.stringify(value)}, got ${JSON.stringify(got[field])}`);
      }
    }
    for (const kill of left) misses.push(`invented: ${String(kill.victim.pid)} ${String(kill.victim.comm)}`);
    if (wrapped) expect(misses.length, misses.join('\n')).toBeLessThanOrEqual(fields * 0.1);
    else expect(misses).toEqual([]);
  });
});
