import * as z from 'zod/mini';
import { doc, textOrNull } from './doc.ts';
import { oomKillSchema } from './oom-kill.ts';
import { verdictSchema } from './verdict.ts';

const next = textOrNull('Cursor of the next page; null: there is none');
export const verdictPageSchema = doc(z.object({ items: z.array(verdictSchema), next }), 'Verdicts, newest first');
export const oomKillPageSchema = doc(z.object({ items: z.array(oomKillSchema), next }), 'OOM kills, newest first');
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
