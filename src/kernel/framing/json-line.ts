import { parseTime, type Micros } from '../../lib/time.ts';
import { fieldText } from './journal-json.ts';

/** What a container platform's or log store's JSON says of a line. */
export type JsonLine =
  | { readonly message: string; readonly timeUs: Micros | null; readonly monotonicUs: number | null }
  | { readonly drop: 'not-kernel' | 'forged-facility' | 'no-message' };

/** Fields that hold the line, those that name who logged it, and objects that hold the record. */
const MESSAGE_FIELDS = ['MESSAGE', 'log', 'message', 'msg', 'textPayload', 'line', 'body', '_raw', 'event', 'short_message', 'SyslogMessage'] as const;
const TAG_FIELDS = ['SYSLOG_IDENTIFIER', '_TRANSPORT', 'ident', 'program', 'appname', 'syslog_identifier', 'ProcessName', 'process', 'programname', 'syslogtag'] as const;
const FACILITY_FIELDS = ['SYSLOG_FACILITY', 'facility', 'Facility', '_facility'] as const;
const TIME_FIELDS = ['time', 'timestamp', '@timestamp', 'TimeGenerated'] as const;
const ENVELOPES = ['jsonPayload', 'result', '_source', 'record', 'payload', 'data', 'attributes', 'fields'] as const;
/** Only what a process logged has these: the kernel has neither. */
const PROCESS_FIELDS = ['_PID', '_SYSTEMD_UNIT'] as const;
/** An Event of Kubernetes repeats what node-problem-detector read. */
const EVENT_FIELDS = ['involvedObject', 'regarding'] as const;

export function readJsonLine(record: Readonly<Record<string, unknown>>): JsonLine {
  const fields = opened(record);
  if ([...PROCESS_FIELDS, ...EVENT_FIELDS].some((field) => fields[field] !== undefined)) return { drop: 'not-kernel' };
  const tags = [...TAG_FIELDS.map((field) => nameOf(fields[field])), nameOf(objectOf(fields['syslog'])?.['identifier'])];
  if (tags.some((tag) => tag !== null && tag !== 'kernel')) return { drop: 'not-kernel' };
  const facilities = FACILITY_FIELDS.map((field) => fieldText(fields[field])).filter((facility) => facility !== null);
  if (facilities.some((facility) => !/^(?:0|kern|kernel)$/i.test(facility))) return { drop: 'forged-facility' };
  // `dmesg --json` prints facility and level as one number.
  const pri = fields['pri'];
  if (typeof pri === 'number' && pri >> 3 !== 0) return { drop: 'forged-facility' };
  const message = MESSAGE_FIELDS.map((field) => fieldText(fields[field]) ?? fieldText(objectOf(fields[field])?.['stringValue'])).find((text) => text !== null);
  if (message == null) return { drop: 'no-message' };
  const uptime = pri !== undefined && typeof fields['time'] === 'number' ? fields['time'] : null;
  return {
    message,
    timeUs: uptime === null ? timeOf(fields) : null,
    monotonicUs: uptime === null ? null : Math.round(uptime * 1_000_000),
  };
}

function opened(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return ENVELOPES.reduce<Readonly<Record<string, unknown>>>((fields, name) => ({ ...fields, ...objectOf(record[name]) }), record);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** `kernel`, `kernel:`, or an object with a name. */
function nameOf(value: unknown): string | null {
  const text = fieldText(value) ?? fieldText(objectOf(value)?.['name']);
  return text === null || text === '' ? null : text.replace(/(?:\[\d*\])?:?$/, '');
}

function timeOf(fields: Readonly<Record<string, unknown>>): Micros | null {
  for (const field of TIME_FIELDS) {
    const value = fields[field];
    const text = fieldText(value);
    if (text !== null) return parseTime(text);
    if (typeof value === 'number') return epoch(value);
  }
  return null;
}

/** Seconds or milliseconds since the epoch. */
function epoch(value: number): Micros | null {
  if (value >= 1e9 && value < 1e10) return Math.round(value * 1_000_000);
  return value >= 1e12 && value < 1e13 ? Math.round(value * 1_000) : null;
}
