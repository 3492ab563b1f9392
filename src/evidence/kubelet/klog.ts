import { MS, SECOND, type Micros } from '../../lib/time.ts';
import { parseObject } from '../../kernel/framing/journal-json.ts';
import { unquote } from '../go-quoted.ts';

/** One line of klog, in any of its forms. */
export interface KlogLine {
  /** The message, without quotes where it was quoted. */
  readonly text: string;
  /** Key and value of a structured line, in its words; null for the plain text of before. */
  readonly values: Readonly<Record<string, string>> | null;
  /** The process that wrote it, by its own word; JSON names none. */
  readonly pid: number | null;
  readonly at: KlogTime | null;
}

/** klog stamps month, day and local time; JSON the moment. */
export type KlogTime = { readonly month: number; readonly day: string; readonly clock: string } | { readonly us: Micros };

const HEADER = /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{6}) +(\d+) [^\s\]]+:\d+\] /;
const QUOTED = /^"(?:[^"\\\n]|\\.)*"/;
const KEY = /^ ([\w./-]+)=/;
const BEGINS_MULTILINE = /^<(?:\n|$)/;
const MAX_VALUES = 64;

/** Reads a line that klog wrote; null for anything else, such as the rest of a message with newlines. */
export function readKlog(line: string): KlogLine | null {
  if (line.startsWith('{')) return readJson(line);
  const header = HEADER.exec(line);
  if (!header) return null;
  const rest = line.slice(header[0].length);
  const at = { month: Number(header[1]), day: header[2] ?? '', clock: header[3] ?? '' };
  const pid = Number(header[4]);
  const quoted = QUOTED.exec(rest)?.[0];
  const values = quoted === undefined ? null : readValues(rest.slice(quoted.length));
  if (quoted === undefined || values === null) return { text: rest, values: null, pid, at };
  return { text: unquote(quoted), values, pid, at };
}

/** `--logging-format=json`: `{"ts":1664000000123.456,"caller":"…","msg":"Killing container …","v":2,"pod":{"name":…},…}`. */
function readJson(line: string): KlogLine | null {
  const fields = parseObject(line);
  const text = fields?.['msg'];
  if (!fields || typeof text !== 'string') return null;
  const { ts, msg: _msg, v: _v, caller: _caller, ...rest } = fields;
  const values = Object.entries(rest).map(([key, value]): [string, string] => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
  return { text: text.trimEnd(), values: Object.fromEntries(values), pid: null, at: typeof ts === 'number' ? { us: Math.round(ts * MS) } : null };
}

/** ` key="value" key=value …`; null when it is something else, so that the whole is plain text. */
function readValues(text: string): Record<string, string> | null {
  const values: [string, string][] = [];
  let rest = text.trimEnd();
  while (rest !== '') {
    const key = KEY.exec(rest);
    if (!key || values.length >= MAX_VALUES) return null;
    rest = rest.slice(key[0].length);
    if (BEGINS_MULTILINE.test(rest)) {
      // The value's lines follow, each with a tab before it; what comes behind them is not waited for.
      values.push([key[1] ?? '', rest.slice(2).replace(/^\t/gm, '')]);
      break;
    }
    const end = endOfValue(rest);
    const value = rest.slice(0, end);
    values.push([key[1] ?? '', value.startsWith('"') ? unquote(value) : value]);
    rest = rest.slice(end);
  }
  return Object.fromEntries(values);
}

/** A quoted string ends with its quote; a struct or list with its last bracket; any other value before the next key. */
function endOfValue(text: string): number {
  const quoted = QUOTED.exec(text)?.[0];
  if (quoted !== undefined) return quoted.length;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      const inner = QUOTED.exec(text.slice(at))?.[0];
      if (inner !== undefined) at += inner.length - 1;
    } else if (char === '{' || char === '[' || char === '(') depth += 1;
    else if (char === '}' || char === ']' || char === ')') depth -= 1;
    else if (char === ' ' && depth <= 0 && KEY.test(text.slice(at, at + 80))) return at;
  }
  return text.length;
}

/** Offsets of time zones are whole quarters of an hour. */
const QUARTER_US = 15 * 60 * SECOND;
/** The stamp of a carrier may have been cut to seconds; a busy node's is late. */
const EARLY_US = 2 * SECOND;
const LATE_US = 60 * SECOND;

/** When klog wrote the line, in whatever zone: within the quarter hour, its own stamp corrects the carrier's. */
export function momentOf(time: KlogTime | null, carrierUs: Micros | null): Micros | null {
  if (time === null) return carrierUs;
  if ('us' in time) return time.us;
  if (carrierUs === null) return null;
  const [hour = 0, minute = 0, second = 0] = time.clock.split(':').map(Number);
  const ownUs = Math.round((hour * 3_600 + minute * 60 + second) * SECOND) % QUARTER_US;
  const late = (((carrierUs - ownUs + EARLY_US) % QUARTER_US) + QUARTER_US) % QUARTER_US;
  return late > LATE_US + EARLY_US ? carrierUs : carrierUs - late + EARLY_US;
}
