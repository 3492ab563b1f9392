import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readJournalRecord } from '../../../src/kernel/framing/journal-json.ts';
import { JOURNAL_PATTERN } from '../../../src/kernel/reader/needles.ts';
import { collectKills, JournalReader } from '../../../src/kernel/reader/record-reader.ts';
import type { OomKill } from '../../../src/model/oom-kill.ts';
import { facts } from './read.ts';

const file = join(import.meta.dirname, '../../recordings/6.12-v2-journal/kernel.journal.json.gz');
const records = gunzipSync(readFileSync(file)).toString('utf8').split('\n').filter((line) => line !== '');

function read(lines: readonly string[]): OomKill[] {
  const kills: OomKill[] = [];
  const reader = new JournalReader('journal', collectKills((kill) => kills.push(kill)));
  for (const line of lines) reader.push(line);
  reader.end();
  return kills;
}

describe('what journalctl selects', () => {
  it('gives the kills that all records give, and who held the memory', () => {
    const pattern = new RegExp(JOURNAL_PATTERN);
    const selected = records.filter((line) => pattern.test(readJournalRecord(line)?.message ?? ''));
    const all = read(records);
    // When a record was written is told by the records around it.
    expect(read(selected).map(facts)).toEqual(all.map(facts));
    expect(selected.length).toBeLessThan(records.length / 2);
    expect(all.filter(({ culprits }) => culprits?.complete).length).toBeGreaterThan(60);
    expect(all.filter(({ culprits }) => culprits?.memory != null).length).toBeGreaterThan(60);
  });
});
