import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readJournalRecord } from '../../../src/kernel/framing/journal-json.ts';

const RECORDINGS = join(import.meta.dirname, '../../recordings');
const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** A file of a recording, unzipped. */
export function recorded(recording: string, file: string): Buffer {
  const path = join(RECORDINGS, recording, file);
  return file.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
}

export function fixture(path: string): Buffer {
  return readFileSync(join(FIXTURES, path));
}

/** A file of every recording that has it, cut to whole lines. */
export function fromRecordings(file: string, maxBytes: number): readonly Buffer[] {
  return readdirSync(RECORDINGS)
    .filter((name) => readdirSync(join(RECORDINGS, name)).includes(file))
    .map((name) => headOf(recorded(name, file), maxBytes));
}

export function headOf(bytes: Buffer, maxBytes: number): Buffer {
  return bytes.length <= maxBytes ? bytes : bytes.subarray(0, bytes.lastIndexOf(10, maxBytes) + 1);
}

/** The records' own words, as another carrier would have them. */
export function messagesOf(journal: Buffer): readonly string[] {
  return journal.toString('utf8').split('\n').flatMap((line) => readJournalRecord(line)?.message ?? []);
}
