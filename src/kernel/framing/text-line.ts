import { trimEndOf } from '../../lib/trim-end.ts';
import { stripCarrier } from './carrier.ts';
import { unescapeOctal } from './escapes.ts';
import { frameJournalRecord, KernelTime, parseObject, readJournalRecord } from './journal-json.ts';
import { readJsonLine } from './json-line.ts';
import type { Framed, KernelLine } from './kernel-line.ts';
import { frameKmsg, looksLikeKmsg } from './kmsg-record.ts';
import { stripCaller, stripPrintk } from './printk-prefix.ts';
import { WallClock, type TimeContext } from './wall-time.ts';
import { tidy, unwrap } from './wrapping.ts';

/** What a log is said to be; `auto` takes each line for what it looks like. */
export const TEXT_FORMATS = ['auto', 'journal-json', 'syslog', 'dmesg', 'kmsg'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

type Frameless = Omit<KernelLine, 'at' | 'source'>;

const MAX_DEPTH = 3;
/** `journalctl -o short-monotonic`: host and tag behind the uptime; a tag other than the kernel's has a pid. */
const HOST_TAG = /^(\S*[^\s:]) (?:(kernel): |[^\s:[\]]+\[\d+\]: )/;
/** `dmesg -r`. */
const LEVEL = /^<[0-7]>/;
/** A syslog daemon that tags what another had tagged. */
const REPEATED_TAG = /^kernel: (?=\[\s*\d+\.\d)/;
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
        return this.#uptime(raw, tidy(raw).replace(LEVEL, '')) ?? this.#carried(raw, tidy(raw), MAX_DEPTH);
      default:
        return this.#frame(raw, raw, 0);
    }
  }

  #frame(raw: string, inner: string, depth: number): Framed {
    const line = tidy(inner);
    if (line === '') return { drop: 'empty' };
    if (line.startsWith('{') && depth < MAX_DEPTH) {
      const json = this.#json(raw, line, depth);
      if (json !== null) return json;
    }
    if (looksLikeKmsg(line)) {
      this.#style = 'prefixed';
      return frameKmsg(line, this.#clock);
    }
    return this.#uptime(raw, line) ?? this.#carried(raw, line, depth);
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
  #carried(raw: string, line: string, depth: number): Framed {
    const carrier = stripCarrier(line, this.#clock);
    if (carrier === null) return this.#without(raw, line, depth);
    if (carrier.tag !== null) this.#style = 'tagged';
    const foreign = carrier.tag !== null && carrier.tag !== 'kernel' && carrier.tag !== '-';
    if (foreign) return { drop: 'not-kernel' };
    if (carrier.facility !== null && carrier.facility !== 0) return { drop: 'forged-facility' };
    const known = { timeUs: carrier.timeUs, host: carrier.host };
    const inner = carrier.tag === null && depth < MAX_DEPTH ? this.#inside(raw, carrier.text, depth) : null;
    if (inner !== null) return 'line' in inner && inner.line.timeUs === null ? { line: { ...inner.line, ...known } } : inner;
    const printk = stripPrintk(carrier.text.trimStart().replace(REPEATED_TAG, ''));
    const text = printk.found ? printk.text : stripCaller(carrier.text);
    return this.#kernel(raw, text, { ...known, monotonicUs: printk.monotonicUs });
  }

  /** JSON behind a time and perhaps a tag: fluentd's files. */
  #inside(raw: string, text: string, depth: number): Framed | null {
    const inner = text.startsWith('{') ? text : unwrap(text, (rest) => rest.startsWith('{"'));
    return inner === null ? null : this.#json(raw, inner, depth);
  }

  #kernel(raw: string, text: string, known: Partial<Frameless>): Framed {
    if (this.#style !== 'tagged') this.#style = 'prefixed';
    const timeUs = known.timeUs ?? (known.monotonicUs == null ? null : this.#clock.monotonic(known.monotonicUs));
    return { line: { ...this.#plain(raw, text), ...known, timeUs } };
  }

  /** A line without any known prefix. */
  #without(raw: string, line: string, depth: number): Framed {
    const wrapped = depth < MAX_DEPTH ? unwrap(line, (rest) => this.#isFramed(rest)) : null;
    if (wrapped !== null) return this.#frame(raw, wrapped, depth + 1);
    if (this.#style === 'prefixed') {
      const glued = GLUED.exec(line);
      if (glued) return this.#frame(raw, line.slice(glued[0].length), MAX_DEPTH);
    }
    if (this.#style === 'unknown') this.#style = 'bare';
    if (this.#style === 'bare') return { line: this.#plain(raw, line) };
    return this.#afterKernel ? { line: { ...this.#plain(raw, line), host: this.#host, bare: true } } : { drop: 'bare-line' };
  }

  #isFramed(line: string): boolean {
    return line.startsWith('{"') || looksLikeKmsg(line) || stripPrintk(line).found || stripCarrier(line, this.#clock) !== null;
  }

  #plain(raw: string, text: string): Frameless {
    return {
      text: trimEndOf(unescapeOctal(text.startsWith('  ') ? text : text.trimStart()), /\n/),
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
    const fields = parseObject(line.replace(/,\s*$/, ''));
    if (fields === null) return null;
    this.#style = 'tagged';
    if (fields['__REALTIME_TIMESTAMP'] !== undefined || fields['__CURSOR'] !== undefined) {
      const record = readJournalRecord(JSON.stringify(fields));
      return record === null ? { drop: 'not-json' } : frameJournalRecord(record, this.#journalTime);
    }
    const wrapped = readJsonLine(fields);
    if ('drop' in wrapped) return wrapped;
    const style = this.#style;
    // Inside its wrapper a line stands alone, with its own prefix or with none.
    this.#style = 'unknown';
    const framed = this.#frame(raw, wrapped.message.replace(/\r?\n$/, ''), depth + 1);
    this.#style = style;
    if (!('line' in framed)) return framed;
    const { timeUs, monotonicUs } = framed.line;
    return { line: { ...framed.line, timeUs: timeUs ?? wrapped.timeUs, monotonicUs: monotonicUs ?? wrapped.monotonicUs } };
  }
}
