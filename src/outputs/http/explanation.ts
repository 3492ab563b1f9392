import * as z from 'zod/mini';
import { doc } from '../../model/doc.ts';
import { oomKillSchema } from '../../model/oom-kill.ts';
import { verdictSchema } from '../../model/verdict.ts';

/** Answer of `/v1/explain`, which the command `explain` reads. */
export const explanationSchema = doc(
  z.object({
    target: doc(z.string(), 'As asked'),
    items: doc(z.array(verdictSchema), 'Verdicts, newest first, 100 at most'),
    total: doc(z.int(), 'How many verdicts there are of it'),
    oomKills: doc(z.array(oomKillSchema), 'The kills that the verdicts name; without verdicts, the kills in those containers'),
  }),
  'Everything known of one pod or container',
);
export type Explanation = z.infer<typeof explanationSchema>;

/** At most so many verdicts are explained at once; the rest is listed by `/v1/exits`. */
export const MAX_EXPLAINED = 100;
