import { HOUR, MINUTE, SECOND, type Micros } from '../../lib/time.ts';

/** Zones differ by quarters of an hour, from UTC-12 to UTC+14. */
const QUARTER: Micros = 15 * MINUTE;
const MOST: Micros = 26 * HOUR;
/** How long a line may take from the kernel to the log's reader. */
const ON_THE_WAY: Micros = 10 * SECOND;

/**
 * When a line was written that was read as it was written. A text log's local time may be of another zone than is known
 * (it was set while the agent runs), or of the hour that comes twice when clocks go back: then it is off by just that, and
 * the moment of reading is better.
 */
export function liveTime(timeUs: Micros | null, readUs: Micros | null): Micros | null {
  if (timeUs === null || readUs === null) return timeUs ?? readUs;
  const off = Math.abs(readUs - timeUs);
  const rest = off % QUARTER;
  const isZone = off > QUARTER / 2 && off <= MOST && Math.min(rest, QUARTER - rest) <= ON_THE_WAY;
  return isZone ? readUs : timeUs;
}
