import * as z from 'zod/mini';
import { doc } from './doc.ts';

export const signalMeaningSchema = z.object({
  number: doc(z.int(), 'Signal number on x86 and ARM, the usual machines of a cluster'),
  name: z.string(),
  action: doc(z.string(), 'What the signal does by default: terminate, core, ignore, stop, continue'),
  variants: doc(
    z.array(z.object({ name: z.string(), architectures: z.array(z.string()) })),
    'What the number names on each group of architectures, where they differ',
  ),
  numbers: doc(
    z.array(z.object({ number: z.int(), code: z.int(), architectures: z.array(z.string()) })),
    'The number that this signal has on each group of architectures, and the exit code it gives, where they differ',
  ),
});
export type SignalMeaning = z.infer<typeof signalMeaningSchema>;

export const exitMeaningSchema = z.object({
  convention: doc(z.string(), 'signal, sysexits, shell, container, java, nodejs, python …'),
  name: z.string(),
  text: z.string(),
  source: doc(z.string(), 'Where the convention is written down'),
});
export type ExitMeaning = z.infer<typeof exitMeaningSchema>;

export const exitRangeSchema = z.object({
  from: z.int(),
  to: z.int(),
  text: z.string(),
  source: z.string(),
});
export type ExitRange = z.infer<typeof exitRangeSchema>;

export const tellApartSchema = z.object({
  cause: doc(z.string(), 'A cause, in the words of Verdict.cause'),
  how: doc(z.string(), 'What shows that it was this one'),
});
export type TellApart = z.infer<typeof tellApartSchema>;

/** What an exit code means, by every convention that applies (contract: ExitCode). */
export const exitCodeSchema = doc(
  z.object({
    given: doc(z.int(), 'As asked'),
    code: doc(z.int(), "What a process's status really becomes, 0-255"),
    range: z.enum(['success', 'program', 'signal']),
    rangeDetail: doc(exitRangeSchema, 'The range of codes around it, and where that range comes from'),
    signal: z.nullable(signalMeaningSchema),
    meanings: z.array(exitMeaningSchema),
    tellApart: doc(z.array(tellApartSchema), 'How the causes of this code are told apart; empty but for 137'),
  }),
  'What an exit code means',
);
export type ExitCode = z.infer<typeof exitCodeSchema>;
