import * as z from 'zod/mini';
import { containerExitSchema, containerSchema } from '../../model/container-exit.ts';
import { oomKillSchema } from '../../model/oom-kill.ts';
import { verdictSchema } from '../../model/verdict.ts';
import { readFrames, type DiscardReason } from './frame.ts';

/** How far a source had come. */
export const placeSchema = z.object({
  /** In the source's own terms: inode and offset, sequence number, cursor. */
  position: z.unknown(),
  /** Up to when it had certainly read everything (microseconds since 1970 UTC); null: not known. */
  coveredTo: z.nullable(z.number()),
});
export type Place = z.infer<typeof placeSchema>;

/** What is kept. Each is the whole of what is known of its subject, so that the last one of a subject holds. */
export const recordSchema = z.union([
  verdictSchema,
  oomKillSchema,
  /** An exit that was seen; its verdict is to come. */
  z.object({ kind: z.literal('exit'), id: z.string(), exit: containerExitSchema }),
  /** An exit that needs no verdict after all. */
  z.object({ kind: z.literal('unanswered'), id: z.string() }),
  /** Answers that were said where people and programs read it. */
  z.object({ kind: z.literal('said'), keys: z.array(z.string()) }),
  /** A container that runs, as a source told it. */
  z.object({ kind: z.literal('container'), source: z.string(), container: containerSchema }),
  /** It ended. */
  z.object({ kind: z.literal('container-gone'), containerId: z.string() }),
  z.object({ kind: z.literal('place'), source: z.string(), ...placeSchema.shape }),
  /** The boot in which everything that follows was told. */
  z.object({ kind: z.literal('boot'), bootId: z.string() }),
]);
export type StateRecord = z.infer<typeof recordSchema>;

/** Every record of a state file, and why each piece is left out that is none. */
export function* readRecords(bytes: Buffer): Generator<StateRecord | { readonly discarded: DiscardReason }, void> {
  for (const found of readFrames(bytes)) yield 'discarded' in found ? found : recordOf(found.json);
}

/** The same of version 1: one JSON object a line, no checksum. A last line without an end was cut while it was written. */
export function* readFirstVersion(bytes: Buffer): Generator<StateRecord | { readonly discarded: DiscardReason }, void> {
  const lines = bytes.toString('utf8').split('\n');
  const last = lines.pop();
  for (const line of lines) if (line !== '') yield recordOf(line);
  if (last !== undefined && last !== '') {
    const record = recordOf(last);
    yield 'discarded' in record ? { discarded: 'torn' } : record;
  }
}

function recordOf(json: string): StateRecord | { readonly discarded: DiscardReason } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { discarded: 'garbage' };
  }
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? parsed.data : { discarded: 'shape' };
}
