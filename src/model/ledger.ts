import * as z from 'zod/mini';
import { doc, time } from './doc.ts';

/** A reading of the kernel's own count of OOM kills (/proc/vmstat `oom_kill`, Linux 4.13 and later). */
export const ledgerReadingSchema = z.object({
  time: time('When it was read'),
  oomKill: doc(z.int(), 'OOM kills on this node since it booted'),
});
export type LedgerReading = z.infer<typeof ledgerReadingSchema>;
