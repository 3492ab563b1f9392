import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemHost } from '../../../src/host/system-host.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import type { TextFilePosition } from '../../../src/sources/text-file/text-file-options.ts';
import { textFileSource } from '../../../src/sources/text-file/text-file-source.ts';
import type { Source } from '../../../src/sources/source.ts';

const FILE = '/var/log/syslog';

describe('textFileSource', () => {
  let root: string;
  let log: string;
  const running: Source[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-text-'));
    mkdirSync(join(root, 'var/log'), { recursive: true });
    log = join(root, FILE);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((source) => source.stop()));
    rmSync(root, { recursive: true, force: true });
  });

  interface Begun {
    readonly source: Source;
    readonly events: SourceEvent[];
    /** Text handed over, with `|` where a piece began that does not continue the one before. */
    readonly text: () => string;
    readonly position: () => TextFilePosition | null;
    of<T extends SourceEvent['type']>(type: T): Extract<SourceEvent, { type: T }>[];
  }

  async function begin(position: TextFilePosition | null = null, lookbackBytes = 1_000_000): Promise<Begun> {
    const events: SourceEvent[] = [];
    let text = '';
    let at = position;
    const source = textFileSource({
      host: systemHost(root),
      file: FILE,
      position,
      onPosition: (next) => (at = next),
      lookbackBytes,
    });
    running.push(source);
    await source.start((event) => {
      if (event.type === 'text') text += (event.begin ? '|' : '') + Buffer.from(event.chunk).toString();
      else events.push(event);
    });
    return {
      source,
      events,
      text: () => text,
      position: () => at,
      of: <T extends SourceEvent['type']>(type: T) =>
        events.filter((event): event is Extract<SourceEvent, { type: T }> => event.type === type),
    };
  }

  async function until(what: () => boolean): Promise<void> {
    await expect.poll(what, { timeout: 10_000, interval: 10 }).toBe(true);
  }
  const reads = async (begun: Begun, text: string) => {
    await expect.poll(begun.text, { timeout: 10_000, interval: 10 }).toBe(text);
  };
  const covers = (begun: Begun) => until(() => begun.of('covered').length > 0);

  it('reads the rotated file and the file at first, then what comes, and claims each end of file', async () => {
    writeFileSync(`${log}.1`, 'one\n');
    writeFileSync(log, 'two\n');
    const begun = await begin();
    await reads(begun, '|one\n|two\n');
    await covers(begun);
    const [first] = begun.of('covered');
    expect(first?.from).toBe(Math.round((await stat(`${log}.1`)).mtimeMs * 1_000));
    appendFileSync(log, 'thr');
    await reads(begun, '|one\n|two\nthr');
    const line = begun.position();
    appendFileSync(log, 'ee\n');
    await reads(begun, '|one\n|two\nthree\n');
    expect(line).toMatchObject({ inode: (await stat(log)).ino, offset: 4 });
    await until(() => begun.position()?.offset === 10);
  });

  it('looks back no further than asked, and begins with a whole line', async () => {
    writeFileSync(`${log}.1`, 'aaaa\nbbbb\ncccc\n');
    writeFileSync(log, '1111\n2222\n');
    await reads(await begin(null, 17), '|cccc\n|1111\n2222\n');
    await reads(await begin(null, 7), '|2222\n');
    await reads(await begin(null, 5), '|2222\n');
  });

  it('follows a rename: what is still written to the old file, then the new one', async () => {
    writeFileSync(log, 'a\n');
    const begun = await begin();
    await reads(begun, '|a\n');
    renameSync(log, `${log}.1`);
    writeFileSync(log, '');
    appendFileSync(`${log}.1`, 'b\n');
    await reads(begun, '|a\nb\n');
    appendFileSync(`${log}.1`, 'c\n');
    appendFileSync(log, 'd\n');
    await reads(begun, '|a\nb\nc\n|d\n');
    expect(begun.of('gap')).toEqual([]);
    expect(begun.of('down')).toEqual([]);
  });

  it('follows several renames at once', async () => {
    writeFileSync(log, 'a\n');
    const begun = await begin();
    await reads(begun, '|a\n');
    // The opening is over, which looks for itself at what is rotated meanwhile.
    await covers(begun);
    renameSync(log, `${log}.2`);
    writeFileSync(`${log}.1`, 'b\n');
    writeFileSync(log, 'c\n');
    await reads(begun, '|a\n|b\n|c\n');
  });

  it('follows a rename though another has left an empty file behind it', async () => {
    writeFileSync(log, 'a\n');
    const begun = await begin();
    await reads(begun, '|a\n');
    await covers(begun);
    renameSync(log, `${log}.2`);
    writeFileSync(`${log}.1`, 'b\n');
    writeFileSync(log, '');
    await reads(begun, '|a\n|b\n');
    appendFileSync(`${log}.1`, 'c\n');
    await reads(begun, '|a\n|b\nc\n');
    appendFileSync(log, 'd\n');
    await reads(begun, '|a\n|b\nc\n|d\n');
    expect(begun.of('gap')).toEqual([]);
  });

  it.each<[string, string, string]>([['written to', 'c\n', '|c\n'], ['still empty', '', '']])(
    'reads each file once where it is renamed twice while it is being opened, and the last is %s',
    async (_, last, read) => {
      writeFileSync(`${log}.1`, 'one\n');
      writeFileSync(log, 'a\n');
      let text = '';
      let renamed = false;
      const covered: number[] = [];
      const source = textFileSource({ host: systemHost(root), file: FILE, lookbackBytes: 1_000_000, onPosition: () => undefined });
      running.push(source);
      await source.start((event) => {
        if (event.type === 'covered') covered.push(event.to);
        if (event.type !== 'text') return;
        text += (event.begin ? '|' : '') + Buffer.from(event.chunk).toString();
        if (renamed) return;
        renamed = true;
        renameSync(`${log}.1`, `${log}.3`);
        renameSync(log, `${log}.2`);
        writeFileSync(`${log}.1`, 'b\n');
        writeFileSync(log, last);
      });
      await until(() => covered.length > 1);
      expect(text).toBe(`|one\n|a\n|b\n${read}`);
    },
  );

  it('follows copytruncate, and reads from the copy what came between', async () => {
    writeFileSync(log, 'a\n');
    const begun = await begin();
    await reads(begun, '|a\n');
    await until(() => begun.position() !== null);
    // Not seen before the truncation: one reading finds the copy, the truncation and the new lines.
    await begun.source.stop();
    appendFileSync(log, 'b\n');
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, 'c\n');
    const again = await begin(begun.position());
    await reads(again, '|b\n|c\n');
    expect(again.of('gap')).toEqual([]);
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, 'a line that is longer than all before\n');
    await reads(again, '|b\n|c\n|a line that is longer than all before\n');
    expect(again.of('gap')).toEqual([]);
  });

  it('reads what was written after a truncation, though it is as long as what was read before and ends in the same words', async () => {
    const report = (name: string): string => `${name} was killed total-vm:34000kB, anon-rss:32000kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:100kB oom_score_adj:0\n`;
    writeFileSync(log, report('a'));
    const begun = await begin();
    await reads(begun, `|${report('a')}`);
    // At once: no reading sees the file while it is empty.
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, report('b'));
    renameSync(log, `${log}.0`);
    writeFileSync(log, 'c\n');
    await reads(begun, `|${report('a')}|${report('b')}|c\n`);
    expect(begun.of('gap')).toEqual([]);
  });

  it('tells of a gap when the file was truncated without a copy', async () => {
    writeFileSync(log, 'aaaa\n');
    const begun = await begin();
    await reads(begun, '|aaaa\n');
    await covers(begun);
    truncateSync(log);
    appendFileSync(log, 'b\n');
    await reads(begun, '|aaaa\n|b\n');
    expect(begun.of('gap').map(({ why }) => why)).toEqual([`${log} was truncated; what was written to it since the last reading is gone`]);
    expect(begun.of('gap')[0]?.from).not.toBeNull();
  });

  it('continues where an earlier run stopped: same file, rotated file and the files between', async () => {
    writeFileSync(log, 'a\nb\n');
    const inode = (await stat(log)).ino;
    await reads(await begin({ inode, offset: 2 }), '|b\n');
    renameSync(log, `${log}.2`);
    appendFileSync(`${log}.2`, 'c\n');
    writeFileSync(`${log}.1`, 'd\n');
    writeFileSync(log, 'e\n');
    const begun = await begin({ inode, offset: 2 });
    await reads(begun, '|b\nc\n|d\n|e\n');
    await covers(begun);
    expect(begun.of('gap')).toEqual([]);
    expect(begun.of('covered')[0]?.from).toBeNull();
  });

  it('tells of a gap when the file of the earlier run is gone or compressed', async () => {
    writeFileSync(`${log}.1.gz`, gzipSync('old\n'));
    writeFileSync(log, 'new\n');
    const begun = await begin({ inode: 1, offset: 3 });
    await reads(begun, '|new\n');
    await covers(begun);
    expect(begun.of('gap')).toHaveLength(1);
    expect(begun.of('up')[0]?.detail).toContain('compressed');
  });

  it('tells no place where it is stopped before it has read what is there', async () => {
    writeFileSync(`${log}.1`, 'one\n');
    writeFileSync(log, 'two\n');
    const told: TextFilePosition[] = [];
    const stops: Promise<void>[] = [];
    const source = textFileSource({ host: systemHost(root), file: FILE, lookbackBytes: 1_000_000, onPosition: (next) => told.push(next) });
    await source.start((event) => {
      if (event.type === 'text') stops.push(source.stop());
    });
    await until(() => stops.length > 0);
    await Promise.all(stops);
    expect(told).toEqual([]);
  });

  it('is not misled by a saved position that is in the middle of a line', async () => {
    writeFileSync(log, 'abcdef\n');
    const begun = await begin({ inode: (await stat(log)).ino, offset: 3 });
    await reads(begun, '|abcdef\n');
    expect(begun.of('gap')).toHaveLength(1);
  });

  it('waits for a file and its directory that appear later', async () => {
    rmSync(join(root, 'var/log'), { recursive: true });
    const begun = await begin();
    await until(() => begun.of('down').length > 0);
    expect(begun.of('down')[0]).toMatchObject({ why: `${log} does not exist` });
    expect(begun.of('down')[0]?.cure).toContain('mount');
    mkdirSync(join(root, 'var/log'));
    writeFileSync(log, 'a\n');
    await reads(begun, '|a\n');
    await until(() => begun.of('up').length === 1);
  });

  it('tells that a file was deleted, and reads the next one from its begin', async () => {
    writeFileSync(log, 'a\n');
    const begun = await begin();
    await reads(begun, '|a\n');
    await covers(begun);
    rmSync(log);
    await until(() => begun.of('down').length === 1);
    writeFileSync(log, 'b\n');
    await reads(begun, '|a\n|b\n');
    await until(() => begun.of('up').length === 2);
  });

  it('is down, and can still be stopped, where there is a pipe, a device or a directory in place of the file', async () => {
    const places: (() => void)[] = [() => execFileSync('mkfifo', [log]), () => { symlinkSync('/dev/null', log); }, () => { mkdirSync(log); }];
    for (const place of places) {
      place();
      const begun = await begin();
      await until(() => begun.of('down').length > 0);
      expect(begun.of('down')[0]).toMatchObject({ why: `${log} is not a file`, cure: expect.stringContaining('--kernel-log-file') as unknown });
      expect(begun.of('covered')).toEqual([]);
      await begun.source.stop();
      rmSync(log, { recursive: true });
    }
  });

  it('follows a log through a link, and claims no moment before syslog can have written it', async () => {
    mkdirSync(join(root, 'data'));
    const target = join(root, 'data/syslog');
    writeFileSync(target, 'a\n');
    symlinkSync(target, log);
    const begun = await begin();
    await reads(begun, '|a\n');
    renameSync(target, `${target}.1`);
    writeFileSync(target, 'b\n');
    await reads(begun, '|a\n|b\n');
    await covers(begun);
    expect(begun.of('covered').at(-1)?.to).toBeLessThanOrEqual((Date.now() - 1_000) * 1_000);
  });

  it('tells how to be allowed to read the file', async (context) => {
    writeFileSync(log, 'a\n');
    if (process.getuid?.() === 0) {
      context.skip('root may read everything');
      return;
    }
    chmodSync(log, 0);
    const begun = await begin();
    await until(() => begun.of('down').length > 0);
    expect(begun.of('down')[0]?.cure).toContain('adm');
    chmodSync(log, 0o600);
    await reads(begun, '|a\n');
  });

  it('loses and repeats nothing under steady writing with rotations', async () => {
    writeFileSync(log, '');
    const begun = await begin();
    let wanted = '';
    for (let i = 0; i < 600; i += 1) {
      const line = `line ${String(i)}\n`;
      if (i % 150 === 149) {
        // What .1 held goes with the next rotation: two before the file was even opened cannot be followed.
        await until(() => begun.text().includes(`line ${String(i - 140)}\n`));
        renameSync(log, `${log}.1`);
        writeFileSync(log, line);
      } else {
        appendFileSync(log, line);
      }
      wanted += line;
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await expect.poll(() => begun.text().replaceAll('|', ''), { timeout: 10_000 }).toBe(wanted);
  });
});
