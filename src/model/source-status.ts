import * as z from 'zod/mini';
import { stateStatusSchema } from './state-status.ts';
import { doc, textOrNull, time, timeOrNull } from './doc.ts';

/** One source, as `/v1/sources` and `doctor` show it. */
export const sourceStatusSchema = doc(
  z.object({
    name: z.string(),
    kind: doc(z.enum(['kernel-log', 'exits', 'ledger', 'witness', 'names', 'cgroups']), 'What it is a witness of'),
    up: z.boolean(),
    since: timeOrNull('Since when it is up or down'),
    detail: doc(z.string(), 'What it reads, or why it is down'),
    cure: textOrNull('The one change that would mend it'),
    lagMs: z.nullable(doc(z.number(), 'Now minus the time up to which it has certainly read')),
    position: textOrNull('Where it stands: cursor, inode and offset …'),
    coverage: doc(
      z.array(z.object({ from: timeOrNull('begin'), to: time('end') })),
      'Times over which it has certainly read everything it offers',
    ),
    gaps: z.array(z.object({ from: timeOrNull('begin'), to: timeOrNull('end'), why: z.string() })),
    gapCount: doc(z.int(), 'How many gaps there were since the start; `gaps` has the last of them'),
    hides: doc(z.string(), 'What cannot be seen while it is down'),
    records: doc(z.int(), 'Records received'),
    restarts: z._default(doc(z.int(), 'How often it stood still and was begun anew'), 0),
    dropped: doc(z.record(z.string(), z.int()), 'Records not used, by reason'),
  }),
  'One source of facts on this node',
);
export type SourceStatus = z.infer<typeof sourceStatusSchema>;

/** How the log and the kernel's own count of kills compare. */
export const ledgerStatusSchema = z.object({
  since: timeOrNull('First reading'),
  to: timeOrNull('Last reading'),
  counted: z.nullable(doc(z.int(), 'Kills that the kernel counted in that time')),
  parsed: doc(z.int(), 'Kill lines that were read from the log in that time'),
  gaps: z.array(z.object({ from: time('begin'), to: time('end'), counted: z.int(), parsed: z.int() })),
});
export type LedgerStatus = z.infer<typeof ledgerStatusSchema>;

export const sourcesSchema = doc(
  z.object({ sources: z.array(sourceStatusSchema), ledger: ledgerStatusSchema, state: z.optional(stateStatusSchema) }),
  'Every source of facts, and how they agree with the kernel',
);
export type Sources = z.infer<typeof sourcesSchema>;
