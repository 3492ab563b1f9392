import { SECOND, type Micros } from '../../lib/time.ts';
import type { Field } from '../origin.ts';

/** One audit record: its type by name, the event that it is a part of, and its fields as the kernel printed them. */
export interface AuditRecord {
  readonly type: string;
  /** Records of one event share it. */
  readonly serial: string;
  readonly timeUs: Micros | null;
  readonly fields: ReadonlyMap<string, string>;
}

/** `type=SYSCALL msg=audit(1700000000.123:456): …` as auditd writes it (perhaps `node=NAME ` before). */
const WRITTEN = /^(?:node=\S+ )?type=(\w+) msg=audit\((\d{1,10})\.(\d{3}):(\d+)\): ?/;
/** `audit: type=1326 audit(…): …` as the kernel prints it (kernel/audit.c, kauditd_printk_skb); before 3.14 without `audit: `. */
const PRINTED = /^(?:audit: )?type=(\d+) audit\((\d{1,10})\.(\d{3}):(\d+)\): ?/;
/** `SYSCALL arch=…`, or `<audit-1300> arch=…`, as journald gives it, with the event in fields of its own. */
const JOURNALED = /^(?:<audit-(\d+)>|([A-Z][A-Z0-9_]*)) /;
/** auditd's own interpretation stands behind it, under the same names in capitals. */
const INTERPRETED = '\x1d';
const TYPES: Readonly<Record<string, string>> = { 1300: 'SYSCALL', 1318: 'OBJ_PID', 1326: 'SECCOMP', 1701: 'ANOM_ABEND' };
const FIELD = /(?:^| )([a-zA-Z][\w-]*)=("[^"]*"|[^\s"]*)/g;
const MS_US = 1_000;

/** A record that auditd or journald handed on. */
export function readAuditRecord(text: string, timeUs: Micros | null, field: Field): AuditRecord | null {
  const written = stamped(WRITTEN.exec(text), text);
  if (written !== null) return written;
  const journaled = JOURNALED.exec(text);
  const serial = field('_AUDIT_ID');
  if (!journaled || serial === null) return null;
  const sourceUs = field('_SOURCE_REALTIME_TIMESTAMP');
  const at = sourceUs !== null && /^\d{1,16}$/.test(sourceUs) ? Number(sourceUs) : timeUs;
  const type = journaled[2] ?? TYPES[journaled[1] ?? ''] ?? '';
  return { type, serial: `${field('_BOOT_ID') ?? ''}:${serial}`, timeUs: at, fields: fieldsOf(text.slice(journaled[0].length)) };
}

/** A record that the kernel put into its own log, for want of an auditd that takes it. */
export function readPrintedRecord(text: string): AuditRecord | null {
  return stamped(PRINTED.exec(text), text);
}

function stamped(found: RegExpExecArray | null, text: string): AuditRecord | null {
  if (!found) return null;
  const [head, type = '', seconds, millis, serial = ''] = found;
  return { type: TYPES[type] ?? type, serial: `${String(seconds)}.${String(millis)}:${serial}`, timeUs: Number(seconds) * SECOND + Number(millis) * MS_US, fields: fieldsOf(text.slice(head.length)) };
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  const end = text.indexOf(INTERPRETED);
  const own = end < 0 ? text : text.slice(0, end);
  const fields = new Map<string, string>();
  // The first of a name: what somebody else's text may add comes behind.
  for (const [, name = '', value = ''] of own.matchAll(FIELD)) if (!fields.has(name)) fields.set(name, value);
  return fields;
}

/** A text that a user may choose: quoted, or in hexadecimal digits where it has a character that could mislead. */
export function untrustedText(value: string | undefined): string | null {
  if (value === undefined || value === '(null)' || value === '?') return null;
  if (value.startsWith('"')) return value.slice(1, -1);
  if (!/^(?:[0-9A-F]{2})+$/.test(value)) return null;
  return Buffer.from(value, 'hex').toString('utf8');
}

/** A number as the kernel prints it; null where it is unset (4294967295, -1) or none. */
export function idOf(value: string | undefined): number | null {
  if (value === undefined || !/^\d{1,10}$/.test(value)) return null;
  const id = Number(value);
  return id === 4_294_967_295 ? null : id;
}
