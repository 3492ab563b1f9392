import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Why137Error } from '../lib/errors.ts';
import { lineOfError } from '../lib/json-error.ts';

/** What a schema says of a value that it refuses. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** What would have been allowed, in the schema's word. */
  readonly expected?: string;
}

const ALLOWED: Readonly<Record<string, string>> = { int: 'a whole number', number: 'a number', string: 'a string', object: 'an object', boolean: 'true or false' };

/** The files of a recording; one may be gzipped (`syslog.gz`). Errors name file and line. */
export class RecordedFiles {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    try {
      readdirSync(dir);
    } catch (cause) {
      throw new Why137Error('W137_RECORDING', `Cannot read the recording ${dir}: it is not a directory that this user may read.`, { cause });
    }
  }

  /** A file's text; null when the recording has no such file. */
  text(name: string, encoding: 'utf8' | 'latin1' = 'utf8'): string | null {
    const file = join(this.dir, name);
    try {
      if (existsSync(file)) return readFileSync(file).toString(encoding);
      if (existsSync(`${file}.gz`)) return gunzipSync(readFileSync(`${file}.gz`)).toString(encoding);
      return null;
    } catch (cause) {
      throw new Why137Error('W137_RECORDING', `Cannot read ${file}: ${cause instanceof Error ? cause.message : 'unknown error'}.`, { cause });
    }
  }

  /** Its lines with their numbers, without empty ones. */
  lines(name: string, encoding: 'utf8' | 'latin1' = 'utf8'): { line: string; number: number }[] {
    const lines = this.text(name, encoding)?.split('\n') ?? [];
    return lines.map((line, index) => ({ line: line.replace(/\r$/, ''), number: index + 1 })).filter(({ line }) => line !== '');
  }

  /** The value of one line, or (without a line) of a whole file. */
  json(name: string, line: number | null, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const at = `${join(this.dir, name)}:${String(line ?? lineOfError(text, cause))}`;
      throw new Why137Error('W137_RECORDING', `${at}: not valid JSON. ${line === null ? 'The file' : 'Each line'} holds one whole object.`, { cause });
    }
  }

  /** `value` is the whole object in which the issue was found, where there is one. */
  invalid(name: string, line: number, issue: Issue | undefined, value?: unknown): Why137Error {
    const { path = [], message = 'not valid', expected } = issue ?? {};
    const field = path.length === 0 ? 'the line' : path.map(String).join('.');
    const found = path.reduce(inside, value);
    const rule = expected === undefined ? message : `give ${ALLOWED[expected] ?? expected}`;
    const what = value === undefined ? field : found === undefined ? `${field} is missing` : `${field} cannot be ${JSON.stringify(found).slice(0, 100)}`;
    return new Why137Error('W137_RECORDING', `${join(this.dir, name)}:${String(line)}: ${what}: ${rule}.`);
  }
}

function inside(outer: unknown, key: PropertyKey): unknown {
  return typeof outer === 'object' && outer !== null ? new Map<PropertyKey, unknown>(Object.entries(outer)).get(String(key)) : undefined;
}
