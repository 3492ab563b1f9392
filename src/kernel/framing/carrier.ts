import type { Micros } from '../../lib/time.ts';
import type { WallClock } from './wall-time.ts';

/** What carried a line: a syslog daemon, journalctl's text forms, dmesg, a container runtime's log file. */
export interface Carrier {
  readonly text: string;
  readonly timeUs: Micros | null;
  readonly host: string;
  /** Who logged it: null where the form has no place for it. */
  readonly tag: string | null;
  /** Syslog facility, where the form has it. */
  readonly facility: number | null;
}

const PRI = /^<(\d{1,3})>/;
const RFC5424 = /^1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+) ?/;
/** RFC 3164, journalctl short and short-precise, with weekday or year variants. */
const RFC3164 = /^(?:[^\W\d_]{2,3},? )?([A-Z][a-z]{2}) ([ \d]?\d) (?:(\d{4}) )?(\d\d:\d\d:\d\d(?:[.,]\d+)?)(?: (\d{4}))?(?: (?:[A-Z]{3,5}))? /;
/** rsyslog's ISO form, journalctl short-iso and short-full, dmesg --time-format iso, a container runtime's log. */
const ISO = /^(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)(?: (UTC|GMT|[A-Z]{2,5}))? /;
const EPOCH = /^(\d{10}(?:\.\d+)?) (?=\S)/;
/** dmesg -T: weekday and month are the locale's. */
const CTIME = /^\[\s*[^\s\d[\]]+ ([^\s\d[\]]+) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})\] ?/;
/** dmesg -H and -d. */
const RELATIVE = /^\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d|\s*[<+]\s*\d+\.\d+>?)\] {0,2}/;
const DECODED = /^(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) *: ?(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?/;
const RUNTIME_LOG = /^(?:stdout|stderr) [FP] /;
const HOST_TAG = /^(?:(\S+) )?([^\s:[\]]+)(?:\[[^\]]*\])?: ?/;
const HOST_UPTIME = /^(\S+) (?=\[\s*\d+\.\d+\])/;
const KERNEL = /^(?:kernel|kern)(?:\[[^\]]*\])?: ?/;

/** Takes the carrier's prefix off a line; null when there is none that is known. */
export function stripCarrier(line: string, clock: WallClock): Carrier | null {
  const pri = PRI.exec(line);
  const facility = pri ? Number(pri[1]) >> 3 : null;
  const rest = pri ? line.slice(pri[0].length) : line;
  const found = pri ? (rfc5424(rest, clock) ?? stamped(rest, clock)) : stamped(rest, clock);
  if (found) return { ...found, facility: facility ?? found.facility };
  return pri ? { text: rest, timeUs: null, host: '', tag: null, facility } : null;
}

function rfc5424(line: string, clock: WallClock): Carrier | null {
  const m = RFC5424.exec(line);
  if (!m) return null;
  const text = line.slice(m[0].length).replace(/^\uFEFF/, '');
  return { text, timeUs: clock.iso(m[1] ?? ''), host: m[2] ?? '', tag: m[3] ?? null, facility: null };
}

interface Form {
  readonly pattern: RegExp;
  readonly read: (m: RegExpExecArray, rest: string, clock: WallClock) => Carrier;
}

/** The forms, in the order in which they are tried. To add one, add a row. */
const FORMS: readonly Form[] = [
  {
    pattern: DECODED,
    read: (m, rest, clock) => ({ ...(stamped(rest, clock) ?? plain(rest, null)), tag: m[1] === 'kern' ? 'kernel' : (m[1] ?? null) }),
  },
  {
    pattern: ISO,
    read(m, rest, clock) {
      const zone = m[2] === 'UTC' || m[2] === 'GMT' ? 'Z' : '';
      const timeUs = clock.iso((m[1] ?? '').replace(',', '.') + zone);
      // A container runtime's log: what the container printed may have a prefix of its own.
      const runtime = RUNTIME_LOG.exec(rest);
      if (!runtime) return afterStamp(rest, timeUs);
      const printed = rest.slice(runtime[0].length);
      const inner = stamped(printed, clock) ?? plain(printed, timeUs);
      return { ...inner, timeUs: inner.timeUs ?? timeUs };
    },
  },
  {
    pattern: RFC3164,
    read: (m, rest, clock) => afterStamp(rest, clock.local(m[1] ?? '', m[2] ?? '', (m[4] ?? '').replace(',', '.'), m[3] ?? m[5])),
  },
  { pattern: EPOCH, read: (m, rest) => afterStamp(rest, Math.round(Number(m[1]) * 1_000_000)) },
  { pattern: CTIME, read: (m, rest, clock) => plain(rest, clock.local(m[1] ?? '', m[2] ?? '', m[3] ?? '', m[4])) },
  { pattern: RELATIVE, read: (_, rest) => plain(rest, null) },
  { pattern: KERNEL, read: (_, rest) => plain(rest, null, 'kernel') },
];

function stamped(line: string, clock: WallClock): Carrier | null {
  for (const { pattern, read } of FORMS) {
    const m = pattern.exec(line);
    if (m) return read(m, line.slice(m[0].length), clock);
  }
  return null;
}

function plain(text: string, timeUs: Micros | null, tag: string | null = null): Carrier {
  return { text, timeUs, host: '', tag, facility: null };
}

/** Behind a wall time: `host tag[pid]: `, `host [uptime]`, or the message itself. */
function afterStamp(rest: string, timeUs: Micros | null): Carrier {
  let m = HOST_TAG.exec(rest);
  // The kernel's own lines look like `word: ` too; a tag has a host before it, or is the kernel's.
  if (m && (m[1] !== undefined || KERNEL.test(rest)) && m[1]?.endsWith(':') !== true) {
    return { ...plain(rest.slice(m[0].length), timeUs, m[2] ?? null), host: m[1] ?? '' };
  }
  m = HOST_UPTIME.exec(rest);
  if (m) return { ...plain(rest.slice(m[0].length), timeUs), host: m[1] ?? '' };
  return plain(rest, timeUs);
}
