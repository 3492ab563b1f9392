import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SCHEMAS, schemaOf } from '../../src/commands/schema.ts';

const shape = z.object({ $schema: z.string(), title: z.string(), type: z.literal('object'), properties: z.record(z.string(), z.unknown()) });

it('lists every schema when none is asked for', () => {
  expect(schemaOf().trimEnd().split('\n').sort()).toEqual([
    'cluster-answer', 'container-exit', 'exit-code', 'ledger-reading', 'log-line', 'oom-kill', 'problem', 'recording', 'sources', 'verdict',
  ]);
});

it.each(Object.keys(SCHEMAS))('prints %s as JSON Schema 2020-12, open for fields to come', (name) => {
  const text = schemaOf(name);
  const schema = z.parse(shape, JSON.parse(text));
  expect(schema.$schema).toContain('2020-12');
  expect(Object.keys(schema.properties).length).toBeGreaterThan(1);
  expect(text).not.toContain('"additionalProperties": false');
});

it('says which there are when asked for another', () => {
  expect(() => schemaOf('verdicts')).toThrow(/"verdicts"; allowed: container-exit, .*verdict/);
  expect(() => schemaOf('constructor')).toThrow(/allowed/);
});
