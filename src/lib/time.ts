/**
 * Times inside the program are whole microseconds since 1970 UTC as a number (exact until the year 2255), so that
 * they can be compared and subtracted; at every boundary they are RFC 3339 UTC strings.
 */
export type Micros = number;

export const MS = 1_000;
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d\d:?\d\d)$/;

/** RFC 3339 (any fraction, any offset) to microseconds; null when it is not one. */
export function parseTime(text: string): Micros | null {
  const m = RFC3339.exec(text);
  if (!m) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = m;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC takes 31 February for a day of March.
  const day0 = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (day0.getUTCDate() !== Number(day) || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  return ms * MS + Number(fraction.padEnd(6, '0').slice(0, 6)) - offsetOf(zone);
}

function offsetOf(zone: string): Micros {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * MINUTE;
}

/** Microseconds to RFC 3339 UTC with six decimals. */
export function formatTime(us: Micros): string {
  const ms = Math.floor(us / MS);
  const rest = Math.floor(us - ms * MS);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** The same, with null for null. */
export function formatTimeOrNull(us: Micros | null): string | null {
  return us === null ? null : formatTime(us);
}

/** Whether this is a time zone that can be reckoned with. */
export function isTimezone(name: string): boolean {
  if (name === 'UTC' || name === 'Etc/UTC') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
