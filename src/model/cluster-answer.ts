import * as z from 'zod/mini';
import { doc } from './doc.ts';
import { oomKillSchema } from './oom-kill.ts';
import { verdictSchema } from './verdict.ts';

/** A node whose agent did not answer, or that has none. */
export const missingNodeSchema = z.object({
  node: z.string(),
  agent: doc(z.boolean(), 'False: no agent runs there, as far as the cluster says'),
  why: z.string(),
});
export type MissingNode = z.infer<typeof missingNodeSchema>;

const node = doc(z.string(), 'Whose agent said it');

/** What `kubectl why137 … -o json` prints. */
export const clusterAnswerSchema = doc(
  z.object({
    items: doc(z.array(z.extend(verdictSchema, { node })), 'Verdicts of every node that answered, newest first'),
    oomKills: doc(z.array(z.extend(oomKillSchema, { node })), 'For a pod: the kills that its verdicts name; without verdicts, the kills in it'),
    more: doc(z.boolean(), 'Whether there are more verdicts than were asked for'),
    missing: doc(z.array(missingNodeSchema), 'Nodes of which this answer knows nothing'),
  }),
  'Answers of the agents of a cluster',
);
export type ClusterAnswer = z.infer<typeof clusterAnswerSchema>;
export type NodeVerdict = ClusterAnswer['items'][number];
export type NodeOomKill = ClusterAnswer['oomKills'][number];
