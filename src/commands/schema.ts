import type * as z from 'zod/mini';
import { Why137Error } from '../lib/errors.ts';
import { clusterAnswerSchema } from '../model/cluster-answer.ts';
import { containerExitSchema } from '../model/container-exit.ts';
import { exitCodeSchema } from '../model/exit-code.ts';
import { ledgerReadingSchema } from '../model/ledger.ts';
import { oomKillSchema } from '../model/oom-kill.ts';
import { problemSchema } from '../model/problem.ts';
import { recordingSchema } from '../model/recording.ts';
import { sourcesSchema } from '../model/source-status.ts';
import { verdictSchema } from '../model/verdict.ts';
import { jsonSchema } from '../outputs/json-schema.ts';
import { logLineSchema } from '../outputs/log/line-schema.ts';

/** Every shape that users meet, by the name they ask for it. */
export const SCHEMAS: Readonly<Record<string, z.core.$ZodType>> = {
  'container-exit': containerExitSchema,
  'oom-kill': oomKillSchema,
  verdict: verdictSchema,
  'exit-code': exitCodeSchema,
  sources: sourcesSchema,
  recording: recordingSchema,
  'ledger-reading': ledgerReadingSchema,
  'log-line': logLineSchema,
  problem: problemSchema,
  'cluster-answer': clusterAnswerSchema,
};

/**
 * What `why137 schema [name]` prints: the JSON Schema (2020-12), or the names, one a line, when none is given.
 * Throws Why137Error W137_USAGE for a name that there is not.
 */
export function schemaOf(name?: string): string {
  const names = Object.keys(SCHEMAS);
  if (name === undefined) return `${names.join('\n')}\n`;
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (!schema) throw new Why137Error('W137_USAGE', `There is no schema ${JSON.stringify(name)}; allowed: ${names.join(', ')}.`);
  return `${JSON.stringify({ title: name, ...jsonSchema(schema) }, null, 2)}\n`;
}
