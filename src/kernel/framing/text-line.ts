import { parseTime } from '../../lib/time.ts';
import { stripCarrier } from './carrier.ts';
import { unescapeOctal } from './escapes.ts';
import { fieldText, frameJournalRecord, KernelTime, parseObject, readJournalRecord } from './journal-json.ts';
import type { Framed, KernelLine } from './kernel-line.ts';
import { frameKmsg, looksLikeKmsg } from './kmsg-record.ts';
import { stripPrintk } from './printk-prefix.ts';
import { WallClock, type TimeContext } from './wall-time.ts';

/** What a log is said to be; `auto` takes each line for what it looks like. */
export const TEXT_FORMATS = ['auto', 'journal-json', 'syslog', 'dmesg', 'kmsg'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

type Frameless = Omit<KernelLine, 'at' | 'source'>;

/** Fields that a container platform puts a log line in, and those that name who logged it. */
const MESSAGE_FIELDS = ['MESSAGE', 'log', 'message', 'msg', 'textPayload', 'line', 'body'] as const;
const TAG_FIELDS = ['SYSLOG_IDENTIFIER', '_TRANSPORT', 'ident', 'program', 'appname', 'syslog_identifier'] as const;
const TIME_FIELDS = ['time', 'timestamp', '@timestamp'] as const;
const MAX_DEPTH = 3;
/** Mail quotes and pasted tables. */
const QUOTE = /^(?:\s*[>|])*\s*/;
/** `journalctl -o short-monotonic`: host and tag behind the uptime; a tag other than the kernel's has a pid. */
const HOST_TAG = /^(\S+) (?:(kernel): |[^\s:[\]]+\[\d+\]: )/;
/** `dmesg -r`. */
const LEVEL = /^<[0-7]>/;
/** A console puts the kernel's line behind whatever a program had printed without a newline. */
const GLUED = /^[^[]*[^[\s] *(?=\[\s*\d+\.\d{6}\]\s)/;

/**
 * Frees lines of a text log from their prefixes, whatever they are. Knows what the lines before had: a line without
 * any prefix in a log whose lines have one is at most the rest of the line before it.
 */
export class TextFraming {
  readonly #clock: WallClock;
  readonly #journalTime = new KernelTime();
  #style: 'unknown' | 'prefixed' | 'tagged' | 'bare' = 'unknown';
  #afterKernel = false;
  #host = '';

  readonly #format: TextFormat;

  constructor(context: TimeContext, format: TextFormat = 'auto') {
    this.#clock = new WallClock(context);
    this.#format = format;
    if (format === 'syslog') this.#style = 'tagged';
  }

  frame(raw: string): Framed {
    const framed = this.#of(raw);
    this.#afterKernel = 'line' in framed;
    if ('line' in framed) this.#host = framed.line.host;
    return framed;
  }

  #of(raw: string): Framed {
    switch (this.#format) {
      case 'journal-json':
        return (raw.startsWith('{') ? this.#json(raw, raw, 0) : null) ?? { drop: 'not-json' };
      case 'kmsg':
        return frameKmsg(raw, this.#clock);
      case 'dmesg':
        return this.#uptime(raw, raw.replace(QUOTE, '').replace(LEVEL, '')) ?? this.#carried(raw, raw.replace(QUOTE, ''));
      default:
        return this.#frame(raw, raw, 0);
    }
  }

  #frame(raw: string, inner: string, depth: number): Framed {
    const line = inner.replace(QUOTE, '');
    if (line === '') return { drop: 'empty' };
    if (line.startsWith('{') && depth < MAX_DEPTH) {
      const json = this.#json(raw, line, depth);
      if (json !== null) return json;
    }
    if (looksLikeKmsg(line)) {
      this.#style = 'prefixed';
      return frameKmsg(line, this.#clock);
    }
    return this.#uptime(raw, line) ?? this.#carried(raw, line);
  }

  /** An uptime first: dmesg, consoles, `journalctl -o short-monotonic`. */
  #uptime(raw: string, line: string): Framed | null {
    const printk = stripPrintk(line);
    if (!printk.found) return null;
    const { text, monotonicUs } = printk;
    const tagged = HOST_TAG.exec(text);
    if (!tagged) return this.#kernel(raw, text, { monotonicUs });
    if (tagged[2] !== 'kernel') return { drop: 'not-kernel' };
    return this.#kernel(raw, text.slice(tagged[0].length), { monotonicUs, host: tagged[1] ?? '' });
  }

  /** A carrier's prefix, perhaps with an uptime behind it. */
  #carried(raw: string, line: string): Framed {
    const carrier = stripCarrier(line, this.#clock);
    if (carrier === null) return this.#without(raw, line);
    if (carrier.tag !== null) this.#style = 'tagged';
    const foreign = carrier.tag !== null && carrier.tag !== 'kernel' && carrier.tag !== '-';
    if (foreign) return { drop: 'not-kernel' };
    if (carrier.facility !== null && carrier.facility !== 0) return { drop: 'forged-facility' };
    const printk = stripPrintk(carrier.text.trimStart());
    const text = printk.found ? printk.text : carrier.text;
    return this.#kernel(raw, text, { timeUs: carrier.timeUs, host: carrier.host, monotonicUs: printk.monotonicUs });
  }

  #kernel(raw: string, text: string, known: Partial<Frameless>): Framed {
    if (this.#style !== 'tagged') this.#style = 'prefixed';
    const timeUs = known.timeUs ?? (known.monotonicUs == null ? null : this.#clock.monotonic(known.monotonicUs));
    return { line: { ...this.#plain(raw, text), ...known, timeUs } };
  }

  /** A line without any known prefix. */
  #without(raw: string, line: string): Framed {
    if (this.#style === 'prefixed') {
      const glued = GLUED.exec(line);
      if (glued) return this.#frame(raw, line.slice(glued[0].length), MAX_DEPTH);
    }
    if (this.#style === 'unknown') this.#style = 'bare';
    if (this.#style === 'bare') return { line: this.#plain(raw, line) };
    return this.#afterKernel ? { line: { ...this.#plain(raw, line), host: this.#host, bare: true } } : { drop: 'bare-line' };
  }

  #plain(raw: string, text: string): Frameless {
    return {
      text: unescapeOctal(text.startsWith('  ') ? text : text.trimStart()),
      raw: raw.trimEnd(),
      timeUs: null,
      monotonicUs: null,
      bootId: null,
      trust: 'text',
      host: '',
      bare: false,
      continues: false,
    };
  }

  /** `journalctl -o json`, or a line inside a container platform's JSON. */
  #json(raw: string, line: string, depth: number): Framed | null {
    const fields = parseObject(line);
    if (fields === null) return null;
    this.#style = 'tagged';
    if (fields['__REALTIME_TIMESTAMP'] !== undefined || fields['__CURSOR'] !== undefined) {
      const record = readJournalRecord(line);
      return record === null ? { drop: 'not-json' } : frameJournalRecord(record, this.#journalTime);
    }
    const payload = fields['jsonPayload'];
    const wrapped = typeof payload === 'object' && payload !== null ? { ...fields, ...payload } : fields;
    return this.#wrapped(raw, wrapped, depth);
  }

  #wrapped(raw: string, fields: Record<string, unknown>, depth: number): Framed {
    for (const field of TAG_FIELDS) {
      const tag = fieldText(fields[field]);
      if (tag !== null && tag !== 'kernel') return { drop: 'not-kernel' };
    }
    const facility = fieldText(fields['SYSLOG_FACILITY']);
    if (facility !== null && facility !== '0') return { drop: 'forged-facility' };
    const message = MESSAGE_FIELDS.map((field) => fieldText(fields[field])).find((text) => text !== null);
    if (message == null) return { drop: 'no-message' };
    const style = this.#style;
    // Inside its wrapper a line stands alone, with its own prefix or with none.
    this.#style = 'unknown';
    const framed = this.#frame(raw, message.replace(/\r?\n$/, ''), depth + 1);
    this.#style = style;
    if (!('line' in framed) || framed.line.timeUs !== null) return framed;
    const stamp = TIME_FIELDS.map((field) => fieldText(fields[field])).find((text) => text !== null);
    return { line: { ...framed.line, timeUs: stamp == null ? null : parseTime(stamp) } };
  }
}
