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
/** A letter of any script. Not \p{L}: Unicode's tables would be loaded for it, some MiB. */
const LETTER = String.raw`[^\s\d!-/:-@[-\x60{-~]`;
/** RFC 3164, journalctl short and short-precise, with weekday or year variants. Names of months are the locale's. */
const RFC3164 = new RegExp(
  String.raw`^(?:${LETTER}{1,4}\.?,? )?(?:(\d{4}) )?(${LETTER}{3,9}\.?|\d{1,2}\u6708) ([ \d]?\d) (?:(\d{4}) )?(\d\d:\d\d:\d\d(?:[.,]\d+)?)(?: (\d{4}))?(?: (?:[A-Z]{3,5}))? `,
);
/** rsyslog's ISO form, journalctl short-iso and short-full, dmesg --time-format iso, a container runtime's log. */
const ISO = new RegExp(
  String.raw`^\[?(?:${LETTER}{1,4}\.? )?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)(?: (UTC|GMT|[A-Z]{2,5}|[+-]\d\d))?\]?(?: |\t+)`,
);
const EPOCH = /^(\d{10}(?:\.\d+)?) (?=\S)/;
/** dmesg -T, perhaps with -d: weekday and month are the locale's. */
const CTIME = /^\[\s*[^\s\d[\]]+ ([^\s\d[\]]+|\d{1,2}\u6708) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: <\s*[+-]?\d+\.\d+ ?>)?\] ?/;
/** dmesg -H and -d. */
const RELATIVE = /^\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d|\s*[<+]\s*\d+\.\d+>?)\] {0,2}/;
const DECODED = /^(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) *: ?(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?/;
/** talosctl dmesg, perhaps with the node's address before it. */
const TALOS = /^(?:([^\s:]+): )?(kern|user|daemon): +[a-z]+: \[(\d{4}-\d\d-\d\dT[\d:.]+Z)\]: /;
/** Android's logcat, threadtime and brief: the kernel's buffer has the tag "kernel" or none. */
const LOGCAT = /^\d\d-\d\d \d\d:\d\d:\d\d\.\d+ +(?:\S+ +)?\d+ +\d+ [VDIWEF] (?:(?=\[)|([^\s:[]*) *: )/;
const LOGCAT_BRIEF = /^[VDIWEF]\/([^(\s]*) *\( *\d+\): /;
const CLOCK_ONLY = /^\d\d:\d\d:\d\d(?:[.,]\d+)? (?=(?:\S+ )?kernel: |\[\s*\d+\.\d{6}\])/;
/** A line of syslog whose time was cut off. */
const HOST_KERNEL = /^([\w.-]+) kernel(?:\[\d+\])?: /;
const RUNTIME_LOG = /^(?:stdout|stderr) [FP] /;

/** `kern.warn`, `<kern.warn>`, `[kern.warn]`: busybox and OpenWrt, the BSDs, Solaris. */
const PRIORITY = '[<[]?(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\\d)\\.[a-z]{3,7}[>\\]]? ';
const PRIORITY_FIRST = new RegExp(`^${PRIORITY}`);
const HOST_TAG = new RegExp(`^(?:(\\S+) )?(?:${PRIORITY})?([^\\s:[\\]]+)(?:\\[[^\\]]*\\])?: ?`);
/** RFC 5424 that lost its beginning on the way. */
const HOST_KERNEL_DASHES = /^(\S+) kernel(?: -){1,3} /;
const HOST_UPTIME = /^(\S*[^\s:]) (?=\[\s*\d+\.\d+\])/;
const KERNEL = /^(?:kernel|kern)(?:\[[^\]]*\])?: ?/;
/** Labels of a log store behind the time at which it had the line. */
const LABELS = /^\{[^{}]*\} /;
/** What a collector puts between its own time and the line's: nothing, a stream's name, columns. */
const BETWEEN = [/^/, /^\S+ /, /^(?:\S+\t){1,3}/];

/** Takes the carrier's prefix off a line; null when there is none that is known. */
export function stripCarrier(line: string, clock: WallClock): Carrier | null {
  const pri = PRI.exec(line);
  const facility = pri ? Number(pri[1]) >> 3 : null;
  const rest = pri ? line.slice(pri[0].length) : line;
  const found = stamped(rest, clock, 0);
  if (found) return { ...found, facility: facility ?? found.facility };
  return pri ? { text: rest, timeUs: null, host: '', tag: null, facility } : null;
}

interface Form {
  readonly pattern: RegExp;
  /** `depth`: how many stamps there were before. */
  readonly read: (m: RegExpExecArray, rest: string, clock: WallClock, depth: number) => Carrier;
}

const iso: Form = {
  pattern: ISO,
  read(m, rest, clock, depth) {
    const zone = m[2] === 'UTC' || m[2] === 'GMT' ? 'Z' : '';
    const timeUs = clock.iso((m[1] ?? '').replace(',', '.').replaceAll('/', '-').replace(/ (?=[Z+-])/, '') + zone);
    // A container runtime's log: what the container printed may have a prefix of its own.
    const runtime = RUNTIME_LOG.exec(rest);
    if (!runtime) return afterStamp(rest, timeUs, clock, depth);
    const printed = rest.slice(runtime[0].length);
    const inner = stamped(printed, clock, depth + 1) ?? plain(printed, timeUs);
    return { ...inner, timeUs: inner.timeUs ?? timeUs };
  },
};

const rfc3164: Form = {
  pattern: RFC3164,
  read: (m, rest, clock, depth) => afterStamp(rest, clock.local(m[2] ?? '', m[3] ?? '', (m[5] ?? '').replace(',', '.'), m[1] ?? m[4] ?? m[6]), clock, depth),
};

/** The forms, in the order in which they are tried: the common ones first. To add one, add a row. */
const FORMS: readonly Form[] = [
  rfc3164,
  iso,
  {
    pattern: RFC5424,
    read: (m, rest, clock) => ({ ...plain(rest.replace(/^\uFEFF/, ''), clock.iso(m[1] ?? ''), m[3] ?? null), host: m[2] ?? '' }),
  },
  {
    pattern: DECODED,
    read: (m, rest, clock, depth) => ({ ...(stamped(rest, clock, depth + 1) ?? plain(rest, null)), tag: m[1] === 'kern' ? 'kernel' : (m[1] ?? null) }),
  },
  {
    pattern: TALOS,
    read: (m, rest, clock) => ({ ...plain(rest, clock.iso(m[3] ?? ''), m[2] === 'kern' ? 'kernel' : (m[2] ?? null)), host: m[1] ?? '' }),
  },
  { pattern: EPOCH, read: (m, rest, clock, depth) => afterStamp(rest, Math.round(Number(m[1]) * 1_000_000), clock, depth) },
  { pattern: CTIME, read: (m, rest, clock) => plain(rest, clock.local(m[1] ?? '', m[2] ?? '', m[3] ?? '', m[4])) },
  { pattern: RELATIVE, read: (_, rest) => plain(rest, null) },
  { pattern: LOGCAT, read: (m, rest) => plain(rest, null, (m[1] ?? '') === '' ? 'kernel' : (m[1] ?? null)) },
  { pattern: LOGCAT_BRIEF, read: (m, rest) => plain(rest, null, m[1] === '' ? 'kernel' : (m[1] ?? null)) },
  { pattern: CLOCK_ONLY, read: (_, rest, clock, depth) => afterStamp(rest, null, clock, depth) },
  { pattern: KERNEL, read: (_, rest) => plain(rest, null, 'kernel') },
  { pattern: HOST_KERNEL, read: (m, rest) => ({ ...plain(rest, null, 'kernel'), host: m[1] ?? '' }) },
];

/** A collector's stamp, a runtime's, the log's own: more are there to keep a reader busy. */
const MAX_STAMPS = 4;

function stamped(line: string, clock: WallClock, depth: number, forms: readonly Form[] = FORMS): Carrier | null {
  if (depth >= MAX_STAMPS) return null;
  for (const { pattern, read } of forms) {
    const m = pattern.exec(line);
    if (m) return read(m, line.slice(m[0].length), clock, depth);
  }
  return null;
}

function plain(text: string, timeUs: Micros | null, tag: string | null = null): Carrier {
  return { text, timeUs, host: '', tag, facility: null };
}

/** Behind a wall time: `host tag[pid]: `, `tag: `, `host [uptime]`, another carrier's line, or the message itself. */
function afterStamp(labelled: string, timeUs: Micros | null, clock: WallClock, depth: number): Carrier {
  const rest = labelled.replace(LABELS, '').replace(PRIORITY_FIRST, '');
  const kernel = KERNEL.exec(rest);
  if (kernel) return plain(rest.slice(kernel[0].length), timeUs, 'kernel');
  let m = HOST_TAG.exec(rest);
  // The kernel's own lines look like `word: ` too; a tag has a host before it.
  if (m?.[1] !== undefined && !m[1].endsWith(':') && rest === labelled.replace(PRIORITY_FIRST, '')) {
    return { ...plain(rest.slice(m[0].length), timeUs, m[2] ?? null), host: m[1] };
  }
  m = HOST_KERNEL_DASHES.exec(rest);
  if (m) return { ...plain(rest.slice(m[0].length), timeUs, 'kernel'), host: m[1] ?? '' };
  m = HOST_UPTIME.exec(rest);
  if (m) return { ...plain(rest.slice(m[0].length), timeUs), host: m[1] ?? '' };
  for (const between of BETWEEN) {
    const inner = stamped(rest.replace(between, ''), clock, depth + 1, [iso, rfc3164]);
    if (inner !== null) return { ...inner, timeUs: inner.timeUs ?? timeUs };
  }
  return plain(rest, timeUs);
}
