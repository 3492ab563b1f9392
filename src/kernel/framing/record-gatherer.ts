import { parseObject } from './journal-json.ts';

/** Journal records over several lines, and the longest such record that is waited for. */
const CURSOR = /^__CURSOR=(.*)$/;
const VERBOSE = /^\S+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* \S+ \[(s=[0-9a-f]+;[^\]]*)\]$/;
const FIELD = /^(?: {4})?([A-Z_][A-Z0-9_]*)=(.*)$/;
const BINARY_FIELD = /^[A-Z_][A-Z0-9_]*$/;
/** The length of a field of `-o export` that is not plain text: eight bytes before it. */
const LENGTH_BYTES = 8;
const JSON_OPENS = /^(?:[\]}]*,? ?)?[[{]*\{$/;
const JSON_PART = /^(?:"|[\]}]|-?\d|true\b|false\b|null\b)/;
const MAX_LINES = 16_384;
/** fluent-bit's stdout: `[0] kmsg.0: [[1795455805.476, {}], {"priority"=>4, "msg"=>"…"}]`. */
const FLUENT_BIT = /^\[\d+\] [\w.*-]+: \[\[?\d+\.\d+(?:, \{[^{}]*\}\])?, (\{.*\})\]$/;

/**
 * Makes one line of JSON out of a record that takes several lines: `journalctl -o verbose`, `export` and `json-pretty`,
 * `dmesg --json`, what clouds' command lines print. Splits a line that holds several records. Other lines pass as they are.
 */
export class RecordGatherer {
  /** The lines of a JSON object, of which the innermost record counts. */
  #json: string[] | null = null;
  #depth = 0;
  #journal: Record<string, string> | null = null;
  #verbose = false;
  #field = '';
  /** The next line begins with the length of the field's value. */
  #binary = false;

  push(line: string): readonly string[] {
    if (this.#json !== null) return this.#jsonPart(line, this.#json);
    if (this.#journal !== null) return this.#fieldOf(line, this.#journal);
    return this.#begin(line);
  }

  /** The end of the input, or bytes were passed over: nothing more comes for what was begun. */
  flush(): readonly string[] {
    const journal = this.#journal === null ? [] : [JSON.stringify(this.#journal)];
    const lines = this.#json === null ? journal : whole([...this.#json, '}']);
    this.#json = null;
    this.#journal = null;
    return lines;
  }

  #begin(line: string): readonly string[] {
    const cursor = line.startsWith('__CURSOR=') ? CURSOR.exec(line) : null;
    if (cursor) this.#journal = { __CURSOR: cursor[1] ?? '' };
    const verbose = line.includes(' [s=') ? VERBOSE.exec(line) : null;
    if (verbose) this.#journal = ofCursor(verbose[1] ?? '');
    this.#verbose = verbose !== null;
    this.#field = '';
    this.#binary = false;
    if (this.#journal !== null) return [];
    const trimmed = line.trim();
    if (trimmed.endsWith('{') && JSON_OPENS.test(trimmed)) {
      this.#json = [line];
      this.#depth = 1;
      return [];
    }
    return split(trimmed) ?? [line];
  }

  #jsonPart(line: string, lines: string[]): readonly string[] {
    const trimmed = line.trim();
    if (JSON_OPENS.test(trimmed)) {
      const closed = this.#depth === 1 && /^[\]}]/.test(trimmed) ? whole([...lines, '}']) : [];
      return [...closed, ...this.#begin(line)];
    }
    lines.push(line);
    if (!JSON_PART.test(trimmed) || lines.length > MAX_LINES) {
      // Not JSON after all: what was kept goes its way.
      this.#json = null;
      lines.pop();
      return [...lines, ...this.push(line)];
    }
    this.#depth += /[[{]$/.test(trimmed) ? 1 : 0;
    this.#depth -= /^[\]}]/.test(trimmed) ? 1 : 0;
    if (this.#depth > 0) return [];
    this.#json = null;
    return whole(lines);
  }

  #fieldOf(line: string, fields: Record<string, string>): readonly string[] {
    if (this.#binary) {
      this.#binary = false;
      fields[this.#field] = line.slice(LENGTH_BYTES);
      return [];
    }
    const field = FIELD.exec(line);
    if (field && line.startsWith('    ') === this.#verbose) {
      this.#field = field[1] ?? '';
      fields[this.#field] = field[2] ?? '';
      return [];
    }
    if (!this.#verbose && BINARY_FIELD.test(line)) {
      this.#field = line;
      this.#binary = true;
      return [];
    }
    // A value's other lines: indented in verbose; in export whatever is not the record's end.
    const goesOn = this.#field !== '' && (this.#verbose ? line.startsWith('     ') : line !== '');
    if (goesOn) {
      fields[this.#field] = `${fields[this.#field] ?? ''}\n${this.#verbose ? line.trimStart() : line}`;
      return [];
    }
    this.#journal = null;
    return [JSON.stringify(fields), ...(line === '' ? [] : this.push(line))];
  }
}

/** One line of JSON of the lines of an object, whatever stands before and behind its braces; else the lines. */
function whole(lines: readonly string[]): readonly string[] {
  const fields = parseObject(`{${lines.slice(1, -1).join('\n')}}`);
  return fields === null || Object.keys(fields).length === 0 ? lines : [JSON.stringify(fields)];
}

/** A cursor holds both times: `s=…;i=…;b=<boot>;m=<monotonic>;t=<wall time>;x=…`, hexadecimal. */
function ofCursor(cursor: string): Record<string, string> {
  const of = (name: string): number => parseInt(new RegExp(`;${name}=([0-9a-f]+)`).exec(cursor)?.[1] ?? '', 16);
  const times: Record<string, number> = { __REALTIME_TIMESTAMP: of('t'), __MONOTONIC_TIMESTAMP: of('m') };
  const known = Object.entries(times).filter(([, value]) => Number.isSafeInteger(value));
  return { __CURSOR: cursor, ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])) };
}

/** The records of a line that holds several: a JSON array, the streams of Loki. */
function split(line: string): readonly string[] | null {
  const fluentBit = line.includes('"=>') ? FLUENT_BIT.exec(line) : null;
  if (fluentBit) return [(fluentBit[1] ?? '').replace(/"=>(nil\b)?/g, (_, nil: string | undefined) => (nil === undefined ? '":' : '":null'))];
  if (!line.startsWith('[{') && !line.includes('"values"')) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const records = Array.isArray(value) ? value : streamsOf(value);
  return records === null || records.length === 0 ? null : records.map((record) => JSON.stringify(record));
}

/** `{streams: [{values: [[time, line], …]}]}` as pushed, `{data: {result: […]}}` as queried; newest first there. */
function streamsOf(value: unknown): readonly unknown[] | null {
  const streams = property(value, 'streams') ?? property(property(value, 'data'), 'result');
  if (!Array.isArray(streams)) return null;
  const lines = streams.flatMap((stream): [string, string][] => {
    const values = property(stream, 'values');
    return Array.isArray(values) ? values.filter(isPair) : [];
  });
  return lines.sort(([a], [b]) => (a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length)).map(([, line]) => ({ line }));
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string';
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}
