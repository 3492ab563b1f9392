import * as z from 'zod/mini';
import type { Micros } from '../../lib/time.ts';

/** A 64-bit integer as the codec hands it over. */
export const int64Schema = z.string().check(z.regex(/^-?\d{1,20}$/));

/** google.protobuf.Timestamp; null where it was not sent. */
export const timestampSchema = z.nullable(z.object({ seconds: int64Schema, nanos: z.int() }));
export type Timestamp = z.infer<typeof timestampSchema>;

/** Later than any real time, and what formatTime can still print: the year 2255. */
const LATEST: Micros = 9_000_000_000_000_000;

/** Whole microseconds (cut, not rounded); null for a time that was never set (zero, or Go's year 1). */
export function microsOfTimestamp(timestamp: Timestamp): Micros | null {
  if (timestamp === null) return null;
  return plausible(BigInt(timestamp.seconds) * 1_000_000n + BigInt(Math.trunc(timestamp.nanos / 1_000)));
}

/** The same for a count of nanoseconds since 1970, as the CRI has it. */
export function microsOfNanos(nanos: string): Micros | null {
  return plausible(BigInt(nanos) / 1_000n);
}

function plausible(micros: bigint): Micros | null {
  return micros > 0n && micros < BigInt(LATEST) ? Number(micros) : null;
}
