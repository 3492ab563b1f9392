import * as z from 'zod/mini';
import { doc } from './doc.ts';

/** `application/problem+json` (RFC 9457). */
export const problemSchema = doc(
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: doc(z.string(), 'Stable code, listed in docs/errors.md'),
  }),
  'Why a request was not answered',
);
export type Problem = z.infer<typeof problemSchema>;
