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
});
export type SignalMeaning = z.infer<typeof signalMeaningSchema>;

export const exitMeaningSchema = z.object({
  convention: doc(z.string(), 'signal, sysexits, shell, container, java, nodejs, python …'),
  name: z.string(),
  text: z.string(),
  source: doc(z.string(), 'Where the convention is written down'),
});
export type ExitMeaning = z.infer<typeof exitMeaningSchema>;

/** What an exit code means, by every convention that applies (contract: ExitCode). */
export const exitCodeSchema = doc(
  z.object({
    given: doc(z.int(), 'As asked'),
    code: doc(z.int(), "What a process's status really becomes, 0-255"),
    range: z.enum(['success', 'program', 'signal']),
    signal: z.nullable(signalMeaningSchema),
    meanings: z.array(exitMeaningSchema),
  }),
  'What an exit code means',
);
export type ExitCode = z.infer<typeof exitCodeSchema>;
