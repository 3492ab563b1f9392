import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Why137Error } from '../lib/errors.ts';

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

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

  json(name: string, line: number, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Why137Error('W137_RECORDING', `${join(this.dir, name)}:${String(line)}: not valid JSON. Each line holds one whole object.`, { cause });
    }
  }

  invalid(name: string, line: number, issue: Issue | undefined): Why137Error {
    const field = issue === undefined || issue.path.length === 0 ? '' : ` ${issue.path.map(String).join('.')}:`;
    return new Why137Error('W137_RECORDING', `${join(this.dir, name)}:${String(line)}:${field} ${issue?.message ?? 'not valid'}.`);
  }
}
