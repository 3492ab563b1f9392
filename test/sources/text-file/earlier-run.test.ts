import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemHost } from '../../../src/host/system-host.ts';
import type { Micros } from '../../../src/lib/time.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import type { TextFilePosition } from '../../../src/sources/text-file/text-file-options.ts';
import { textFileRead, textFileSource } from '../../../src/sources/text-file/text-file-source.ts';

const FILE = '/var/log/syslog';
const READ_TO = 1_000_000;

type Gap = Extract<SourceEvent, { type: 'gap' }>;
interface Read {
  readonly text: string;
  readonly gaps: readonly Gap[];
  readonly coveredFrom: Micros | null | undefined;
}

describe('a text log after the agent was away', () => {
  let root: string;
  let log: string;
  let place: TextFilePosition | null;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-text-away-'));
    mkdirSync(join(root, 'var/log'), { recursive: true });
    log = join(root, FILE);
    place = null;
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  /** One run of the agent, until it has read everything; it goes on from what the run before has kept. */
  async function run(): Promise<Read> {
    let text = '';
    const events: SourceEvent[] = [];
    const kept: unknown = JSON.parse(JSON.stringify(place));
    const source = textFileSource({
      host: systemHost(root),
      file: FILE,
      read: textFileRead({ position: kept, coveredTo: READ_TO }),
      onPosition: (next) => (place = next),
      lookbackBytes: 1_000_000,
    });
    await source.start((event) => {
      if (event.type === 'text') text += Buffer.from(event.chunk).toString();
      else events.push(event);
    });
    const first = () => events.find((event) => event.type === 'covered');
    await expect.poll(first, { timeout: 10_000, interval: 10 }).toBeDefined();
    await source.stop();
    return { text, gaps: events.filter((event) => event.type === 'gap'), coveredFrom: first()?.from };
  }
  const rotate = (to: string): void => { renameSync(log, `${log}.${to}`); };
  const gzip = (name: string): void => {
    writeFileSync(`${log}.${name}.gz`, gzipSync(readFileSync(`${log}.${name}`)));
    rmSync(`${log}.${name}`);
  };
  const write = (name: string): void => { appendFileSync(log, `${name} was written, in a line that is longer than what is remembered of a file, by far${', very far'.repeat(60)}, and ends with its own name: ${name}\n`); };
  /** All of the same length, with the same last words. */
  const report = (name: string): void => { appendFileSync(log, `${name} was killed total-vm:34000kB, anon-rss:32000kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:100kB oom_score_adj:0\n`); };
  const names = ({ text }: Read): string[] => text.split('\n').flatMap((line) => line.split(' ')[0] ?? []).filter(Boolean);

  it.each<[string, () => void, string[]]>([
    ['nothing was rotated', () => { write('c'); }, ['a', 'b', 'c']],
    ['it was rotated once', () => { write('c'); rotate('1'); write('d'); }, ['a', 'b', 'c', 'd']],
    ['it was rotated twice', () => { write('c'); rotate('2'); write('d'); rotate('1'); write('e'); }, ['a', 'b', 'c', 'd', 'e']],
    ['it was rotated and compressed', () => { write('c'); rotate('1'); gzip('1'); write('d'); }, ['a', 'b', 'c', 'd']],
    ['it was rotated twice, and compressed the second time', () => { write('c'); rotate('2'); gzip('2'); write('d'); rotate('1'); write('e'); }, ['a', 'b', 'c', 'd', 'e']],
    ['it was copied and truncated', () => { write('c'); copyFileSync(log, `${log}.1`); truncateSync(log); write('d'); }, ['a', 'b', 'c', 'd']],
    ['it was copied and truncated, and the copy compressed', () => { write('c'); copyFileSync(log, `${log}.1`); truncateSync(log); gzip('1'); write('d'); }, ['a', 'b', 'c', 'd']],
  ])('reads all that was written since, and knows the time without a break, where %s', async (_, happens, wanted) => {
    write('a');
    write('b');
    await run();
    happens();
    const read = await run();
    expect(names(read)).toEqual(wanted);
    expect(read.gaps).toEqual([]);
    expect(read.coveredFrom).toBe(READ_TO);
  });

  it.each<[string, () => void]>([
    ['rotated then', () => { report('c'); renameSync(`${log}.1`, `${log}.2`); rotate('1'); write('d'); }],
    ['rotated before the next report', () => { renameSync(`${log}.1`, `${log}.2`); rotate('1'); report('c'); write('d'); }],
  ])('does not take another report for what it had read, in a log that was copied, truncated and %s', async (_, happens) => {
    report('a');
    await run();
    report('b');
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    happens();
    const read = await run();
    expect(names(read)).toEqual(['a', 'b', 'c', 'd']);
    expect(read.gaps).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['deleted', () => { rmSync(log); write('d'); }],
    ['truncated without a copy', () => { truncateSync(log); write('d'); }],
    ['compressed in a way that is not read', () => { rotate('1'); renameSync(`${log}.1`, `${log}.1.xz`); write('d'); }],
    ['replaced by a file of the same number', () => { const { ino } = statSync(log); writeFileSync(log, ''); write('d'); write('e'); write('f'); expect(statSync(log).ino).toBe(ino); }],
  ])('states what it missed where the file was %s', async (_, happens) => {
    write('a');
    write('b');
    await run();
    write('c');
    happens();
    const { gaps, coveredFrom } = await run();
    expect(gaps).toMatchObject([{ from: READ_TO, why: expect.stringContaining('while the agent was away') as unknown }]);
    expect(coveredFrom).not.toBe(READ_TO);
    expect(gaps[0]?.to).toBeGreaterThan(READ_TO);
  });

  it('reads what was compressed since, though it had read nothing yet by which to know the file, and claims nothing', async () => {
    writeFileSync(log, '');
    await run();
    write('a');
    rotate('1');
    gzip('1');
    write('b');
    const read = await run();
    expect(names(read)).toEqual(['a', 'b']);
    expect(read.gaps).toHaveLength(1);
  });

  it('takes nothing else for a place', () => {
    for (const position of [null, 7, 'x', {}, { inode: '1', offset: 2 }]) expect(textFileRead({ position, coveredTo: null })).toBeNull();
    expect(textFileRead(null)).toBeNull();
  });
});
