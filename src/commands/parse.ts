import { openSync, readSync } from 'node:fs';
import { Why137Error } from '../lib/errors.ts';
import { errno } from '../lib/thrown.ts';
import type { TextFormat } from '../kernel/framing/text-line.ts';
import { NO_TIME, type TimeContext } from '../kernel/framing/wall-time.ts';
import { BulkReader } from '../kernel/reader/bulk-reader.ts';
import { collectKills } from '../kernel/reader/record-reader.ts';
import { MAX_REPORT_BYTES } from '../kernel/report/report.ts';
import type { OomKill } from '../model/oom-kill.ts';

export interface ParseOptions {
  readonly format: TextFormat;
  readonly fullRaw: boolean;
  readonly timezone: string | null;
  readonly year: number | null;
}

/** A share that stays in a core's cache while it is searched. */
const CHUNK_BYTES = 128 * 1024;
/** BulkReader may look back at chunks; each is used again only after that. */
const CHUNKS = MAX_REPORT_BYTES / CHUNK_BYTES + 2;
const IDLE_MS = 200;

/** Kernel log text in, one OomKill a line out, in order of completion; what was dropped goes to stderr, counted. */
export function parse(files: readonly string[], options: ParseOptions, out: (text: string) => void, err: (text: string) => void): void {
  const context: TimeContext = { ...NO_TIME, timezone: options.timezone, year: options.year };
  for (const file of files.length > 0 ? files : ['-']) {
    let kills = 0;
    const print = (kill: OomKill): void => {
      kills += 1;
      out(`${JSON.stringify(kill)}\n`);
    };
    const reader = new BulkReader(file === '-' ? 'stdin' : file, context, collectKills(print), options);
    readAll(file, (chunk) => {
      if (chunk === null) reader.idle();
      else reader.push(chunk);
    });
    reader.end();
    const dropped = Object.entries(reader.drops.toJSON()).map(([reason, count]) => `${String(count)} ${reason}`);
    err(`${file === '-' ? 'stdin' : file}: ${String(kills)} OOM kill${kills === 1 ? '' : 's'}${dropped.length > 0 ? `; lines not used near them: ${dropped.join(', ')}` : ''}\n`);
  }
}

/** Reads a file or stdin to its end, in chunks that are used in turn; null when a pipe pauses. */
function readAll(file: string, onChunk: (chunk: Uint8Array | null) => void): void {
  const fd = file === '-' ? 0 : open(file);
  const chunks = Array.from({ length: CHUNKS }, () => Buffer.allocUnsafeSlow(CHUNK_BYTES));
  for (let turn = 0; ; ) {
    const chunk = chunks[turn % CHUNKS];
    const read = chunk === undefined ? 0 : readSome(fd, chunk, file);
    if (read === null) {
      onChunk(null);
      continue;
    }
    if (read === 0 || chunk === undefined) return;
    onChunk(chunk.subarray(0, read));
    turn += 1;
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function readSome(fd: number, buffer: Uint8Array, file: string): number | null {
  try {
    return readSync(fd, buffer, 0, buffer.length, null);
  } catch (cause) {
    const code = errno(cause);
    if (code === 'EOF') return 0;
    if (code !== 'EAGAIN') throw unreadable(file, cause);
    // A pipe that does not block and has nothing yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, IDLE_MS);
    return null;
  }
}

function unreadable(file: string, cause: unknown): Why137Error {
  const why: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
    EISDIR: 'it is a directory',
  };
  const code = errno(cause);
  return new Why137Error('W137_INPUT', `Cannot read ${file}: ${why[code] ?? (code === '' ? 'unknown error' : code)}. Give kernel log files, or - for stdin.`, { cause });
}
