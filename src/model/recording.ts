import * as z from 'zod/mini';
import { doc, time } from './doc.ts';

/** `recording.json`: what the other files of a recording leave out. */
export const recordingSchema = doc(
  z.object({
    kernel: z.optional(z.string()),
    runtime: z.optional(z.string()),
    bootTime: z.optional(time('When the node booted')),
    timezone: z.optional(doc(z.string(), 'IANA zone of the syslog lines')),
    year: z.optional(doc(z.int(), 'Year of the first syslog line')),
    hostname: z.optional(z.string()),
  }),
  'What a recording says of its node',
);
export type Recording = z.infer<typeof recordingSchema>;
