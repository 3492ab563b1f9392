import { MS, parseTime } from '../../lib/time.ts';

/** Times as people of one zone read them. */
export interface Times {
  /** `03:02:11.482`, with its date when that is not the given one. `?` for what is not known. */
  clock(time: string | null, nearTo?: string | null): string;
  /** `2026-11-23` */
  date(time: string): string;
}

export function timesIn(timeZone: string): Times {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
  function parts(time: string): Partial<Record<Intl.DateTimeFormatPartTypes, string>> | null {
    const us = parseTime(time);
    return us === null ? null : Object.fromEntries(format.formatToParts(us / MS).map(({ type, value }) => [type, value]));
  }
  function date(time: string): string {
    const p = parts(time);
    return p ? `${p.year ?? ''}-${p.month ?? ''}-${p.day ?? ''}` : '?';
  }
  return {
    date,
    clock(time, nearTo = null) {
      const p = time === null ? null : parts(time);
      if (time === null || !p) return '?';
      const clock = `${p.hour ?? ''}:${p.minute ?? ''}:${p.second ?? ''}.${p.fractionalSecond ?? ''}`;
      return nearTo === null || date(nearTo) === date(time) ? clock : `${date(time)} ${clock}`;
    },
  };
}
