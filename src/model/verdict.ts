import * as z from 'zod/mini';
import { causeSchema, confidenceSchema, familySchema } from './cause.ts';
import { containerIdentityShape } from './container-exit.ts';
import { culpritsSchema } from './culprits.ts';
import { doc, textOrNull, time, timeOrNull } from './doc.ts';

export const evidenceSchema = z.object({
  kind: doc(z.string(), 'kernel, runtime, ledger …'),
  source: doc(z.string(), 'Which source said it'),
  time: timeOrNull('When it happened'),
  text: doc(z.string(), 'What it says'),
  weight: doc(z.enum(['decisive', 'supporting', 'context']), 'How much the verdict rests on it'),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const ruledOutSchema = z.object({ cause: causeSchema, why: z.string() });
export type RuledOut = z.infer<typeof ruledOutSchema>;

export const blindSpotSchema = z.object({
  source: z.string(),
  from: timeOrNull('Begin of what could not be seen; null: not known'),
  to: timeOrNull('End of it; null: still so, or not known'),
  why: z.string(),
});
export type BlindSpot = z.infer<typeof blindSpotSchema>;

export const victimRoleSchema = z.enum(['pid1', 'group', 'child']);
export type VictimRole = z.infer<typeof victimRoleSchema>;

export const verdictExitSchema = z.object({
  code: z.int(),
  signal: textOrNull('Signal that the code names (128+n), SIGKILL for 137'),
  finishedAt: time('When the container ended'),
  runtimeReason: textOrNull('What the runtime or Kubernetes said'),
  meaning: doc(z.string(), 'What the code means in general'),
});

/** The answer for one exit (contract: Verdict). */
export const verdictSchema = doc(
  z.object({
    kind: z.literal('verdict'),
    id: doc(z.string(), 'A function of the exit alone'),
    revision: doc(z.int(), 'Starts at 1, grows when late evidence changes the answer'),
    final: doc(z.boolean(), 'False while a source may still deliver'),
    container: doc(
      z.object({ ...containerIdentityShape, startedAt: z._default(timeOrNull('When it started'), null) }),
      'Whose exit it was',
    ),
    exit: verdictExitSchema,
    cause: causeSchema,
    family: familySchema,
    confidence: confidenceSchema,
    summary: doc(z.string(), 'The answer in one sentence'),
    victimRole: doc(z.nullable(victimRoleSchema), 'Who in the container was the victim'),
    evidence: z.array(evidenceSchema),
    ruledOut: z.array(ruledOutSchema),
    blindSpots: z.array(blindSpotSchema),
    runtimeAgrees: doc(z.nullable(z.boolean()), 'Whether runtimeReason tells the same story; null: it tells none'),
    oomKills: doc(z.array(z.string()), 'Ids of the OOM kills inside this container'),
    culprits: z._default(doc(z.nullable(culpritsSchema), 'Who held the memory when the kernel killed; null: no kernel OOM ended it, or its report tells nothing of it'), null),
    advice: doc(z.string(), 'What to do about it'),
    rule: doc(z.string(), 'Name of the rule that decided (docs/rules.md)'),
  }),
  'What ended one container, with the evidence',
);
export type Verdict = z.infer<typeof verdictSchema>;
