import * as z from 'zod/mini';
import { isTimezone, parseTime } from '../lib/time.ts';
import { doc, time } from './doc.ts';

const YEAR = { error: 'give a year from 1970 to 9999' };

/** `recording.json`: what the other files of a recording leave out. */
export const recordingSchema = doc(
  z.object({
    kernel: z.optional(z.string()),
    runtime: z.optional(z.string()),
    bootTime: z.optional(time('When the node booted').check(z.refine((text) => parseTime(text) !== null, { error: 'give an RFC 3339 time' }))),
    timezone: z.optional(doc(z.string().check(z.refine(isTimezone, { error: 'give an IANA time zone, such as UTC or Europe/Berlin' })), 'IANA zone of the syslog lines')),
    year: z.optional(doc(z.int().check(z.minimum(1970, YEAR), z.maximum(9999, YEAR)), 'Year of the first syslog line')),
    hostname: z.optional(z.string()),
  }),
  'What a recording says of its node',
);
export type Recording = z.infer<typeof recordingSchema>;
