import { parseObject } from '../kernel/framing/journal-json.ts';
import { parseTime, type Micros } from '../lib/time.ts';
import { unquote } from './go-quoted.ts';

/** One line of logrus, which containerd, CRI-O, Docker and podman log by. */
export interface LogrusLine {
  readonly text: string;
  readonly timeUs: Micros | null;
  readonly level: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/** `key=value` or `key="value"`, one after the other from the beginning. */
const FIELD = /([\w.@/-]+)=("(?:[^"\\\n]|\\.)*"|[^\s"]*)(?: |$)/y;
const MAX_FIELDS = 64;

/** Reads `time="…" level=info msg="…" key=value`, or the same as JSON; null for anything else. */
export function readLogrus(line: string): LogrusLine | null {
  const fields = line.startsWith('{') ? ofJson(line) : ofText(line);
  const text = fields?.['msg'];
  if (!fields || text === undefined) return null;
  const { msg: _msg, time, level = null, ...rest } = fields;
  return { text, timeUs: time === undefined ? null : parseTime(time), level, fields: rest };
}

function ofText(line: string): Record<string, string> | null {
  if (!line.startsWith('time=')) return null;
  const fields: [string, string][] = [];
  FIELD.lastIndex = 0;
  for (let m = FIELD.exec(line); m && fields.length < MAX_FIELDS; m = FIELD.exec(line)) {
    const [, key = '', value = ''] = m;
    // The first of a name counts: whatever is quoted in a message cannot come before it.
    if (!fields.some(([name]) => name === key)) fields.push([key, value.startsWith('"') ? unquote(value) : value]);
  }
  return Object.fromEntries(fields);
}

function ofJson(line: string): Record<string, string> | null {
  const fields = parseObject(line);
  return fields === null ? null : Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));
}
