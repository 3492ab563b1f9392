import * as z from 'zod/mini';
import { doc, textOrNull } from './doc.ts';

/** What the agent keeps over a restart, and whether it can. */
export const stateStatusSchema = doc(
  z.object({
    dir: z.string(),
    up: doc(z.boolean(), 'Whether it can be written'),
    detail: doc(z.string(), 'What it holds, or why it cannot be written'),
    cure: textOrNull('The one change that would mend it'),
    bytes: doc(z.int(), 'Size of the file'),
    held: doc(z.object({ verdicts: z.int(), oomKills: z.int(), openExits: z.int(), containers: z.int() }), 'Records by kind'),
    evicted: doc(z.int(), 'Records that had to make room since the start'),
    discarded: doc(z.record(z.string(), z.int()), 'Pieces of the file that were no records when it was read at start, by reason'),
    unkept: doc(z.int(), 'Answers that were given before they were on the disk, because it failed or was slow'),
  }),
  "The agent's own state",
);
export type StateStatus = z.infer<typeof stateStatusSchema>;
