import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_ROOM } from '../../../src/host/spawn-lines.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import { KERNEL_PART } from '../../../src/sources/journal/journal-parts.ts';
import { journalSource } from '../../../src/sources/journal/journal-source.ts';
import type { Source } from '../../../src/sources/source.ts';
import { fakeHost, settle, type FakeHost, type Script } from '../../host/fake-host.ts';

const T = 1_699_999_990_000_000;

function record(n: number, fields: Record<string, string> = {}): string {
  const time = T + n * 1_000;
  return JSON.stringify({
    MESSAGE: `record ${String(n)}`,
    _TRANSPORT: 'kernel',
    __REALTIME_TIMESTAMP: String(time),
    __CURSOR: cursor(n),
    ...fields,
  });
}

function cursor(n: number): string {
  return `s=abc;i=${String(n)};t=${(T + n * 1_000).toString(16)};x=1`;
}

/** Which of the source's calls of journalctl this is. */
function call(args: readonly string[]): 'oldest' | 'at' | 'before' | 'catch-up' | 'follow' {
  if (args.includes('--follow')) return 'follow';
  if (args.includes('--show-cursor')) return 'catch-up';
  if (args.includes('--reverse')) return 'before';
  return args.includes('--lines=1') ? 'at' : 'oldest';
}

describe('journalSource', () => {
  let root: string;
  const running: Source[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-journal-'));
    mkdirSync(join(root, 'var/log/journal'), { recursive: true });
    writeFileSync(join(root, 'var/log/journal/system.journal'), '');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((source) => source.stop()));
    rmSync(root, { recursive: true, force: true });
  });

  async function begin(host: FakeHost, more: { since?: number; cursor?: string } = {}) {
    const events: SourceEvent[] = [];
    const cursors: string[] = [];
    const source = journalSource({
      part: KERNEL_PART,
      host,
      dir: null,
      pattern: 'record',
      matches: [['_TRANSPORT=kernel'], ['_SYSTEMD_UNIT=kubelet.service', 'PRIORITY=3']],
      since: more.since ?? null,
      cursor: more.cursor ?? null,
      onCursor: (next) => cursors.push(next),
    });
    running.push(source);
    await source.start((event) => events.push(event));
    await settle();
    const records = () =>
      events.flatMap((event) => (event.type === 'journal' ? [typeof event.line === 'string' ? event.line : Buffer.from(event.line).toString()] : []));
    const of = <X extends SourceEvent['type']>(type: X) =>
      events.filter((event): event is Extract<SourceEvent, { type: X }> => event.type === type);
    return { source, events, cursors, records, of };
  }

  /** A journal whose answers are given by call; what is not given is empty, and following goes on. */
  function journal(scripts: Partial<Record<ReturnType<typeof call>, Script | Script[]>>): FakeHost {
    return fakeHost(root, (args) => {
      const which = call(args);
      const script = scripts[which];
      const one = Array.isArray(script) ? (script.length > 1 ? script.shift() : script[0]) : script;
      return one ?? (which === 'follow' ? { forever: true } : { lines: which === 'oldest' ? [record(0)] : [] });
    });
  }

  it('catches up, claims it, and follows from the last cursor, each record once', async () => {
    const host = journal({
      'catch-up': { lines: ['-- Boot 0123 --', record(1), 'not json', record(2), `-- cursor: ${cursor(5)}`] },
      follow: { lines: [record(6)], forever: true },
    });
    const { records, of, cursors } = await begin(host, { since: T + 500 });
    expect(records()).toEqual([record(1), 'not json', record(2), record(6)]);
    expect(cursors).toEqual([cursor(1), cursor(2), cursor(5), cursor(6)]);
    expect(of('covered')).toEqual([
      { type: 'covered', source: 'journal', from: T + 500, to: host.clock.now() - 250_000 },
    ]);
    const [oldest, catchUp, follow] = host.calls;
    // Of the oldest record its time alone is wanted, which may stand behind the longest value.
    expect(oldest).not.toContain('--all');
    expect(catchUp).toEqual([
      '--output=json', '--no-pager', `--root=${root}`, '--all',
      '--grep=(?:record)|^Missed [0-9]+ kernel messages', '--case-sensitive=yes',
      `--since=@${String(Math.floor(T / 1_000_000))}.000500`, '--show-cursor',
      '_TRANSPORT=kernel', '+', '_SYSTEMD_UNIT=kubelet.service', 'PRIORITY=3',
      '+', 'MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606', '_TRANSPORT=driver',
    ]);
    expect(follow).toContain(`--cursor=${cursor(5)}`);
    expect(follow).toContain('--no-tail');
  });

  it('claims what a quiet follower has read, and no more', async () => {
    const host = journal({});
    const { of } = await begin(host);
    const begun = host.clock.now();
    await host.clock.turn(3_000);
    const last = of('covered').at(-1);
    expect(last?.from).toBeNull();
    expect(last?.to).toBeGreaterThan(begun);
    expect(last?.to).toBeLessThanOrEqual(host.clock.now() - 1_000_000);
  });

  it('starts journalctl again when it dies, after the last record, and does not repeat that one', async () => {
    const host = journal({
      at: { lines: [record(2)] },
      'catch-up': [{ lines: [record(1)] }, { lines: [record(2), record(3)] }],
      follow: [{ lines: [record(2)], exitCode: null }, { forever: true }],
    });
    const { records, of } = await begin(host);
    expect(of('down')).toEqual([
      { type: 'down', source: 'journal', why: 'journalctl ended (it was killed)', cure: null },
    ]);
    await host.clock.turn(124);
    expect(of('up')).toHaveLength(1);
    await host.clock.turn(126);
    expect(of('up')).toHaveLength(2);
    expect(records()).toEqual([record(1), record(2), record(3)]);
    expect(of('gap')).toEqual([]);
  });

  it('tells of a gap when the last record is no longer kept', async () => {
    const host = journal({ oldest: { lines: [record(40)] }, at: { lines: [record(41)] } });
    const { of } = await begin(host, { cursor: cursor(7) });
    expect(of('gap')).toMatchObject([{ from: T + 7_000, to: T + 41_000 }]);
    expect(of('covered')[0]?.from).toBe(T + 41_000);
  });

  it('begins at the time given when the cursor is not one of this systemd, or of the future', async () => {
    const host = journal({ at: { stderr: 'Failed to seek to cursor: Invalid argument', exitCode: 1 } });
    await begin(host, { cursor: 'nonsense', since: T });
    expect(host.calls.find((args) => call(args) === 'catch-up')).toContain(`--since=@${String(T / 1_000_000)}.000000`);
    const other = journal({});
    await begin(other, { cursor: cursor(1e9), since: T });
    expect(other.calls.map(call)).toEqual(['oldest', 'catch-up', 'follow']);
  });

  it('reads everything when this journalctl cannot select by pattern', async () => {
    const host = journal({
      'catch-up': [{ stderr: "journalctl: invalid option -- 'g'", exitCode: 1 }, { lines: [record(1)] }],
    });
    const { records, of } = await begin(host);
    expect(records()).toEqual([record(1)]);
    expect(of('down')).toEqual([]);
    expect(host.calls.filter((args) => args.some((arg) => arg.startsWith('--grep'))).map(call)).toEqual(['catch-up']);
  });

  it.each([
    ['not installed', { notFound: true, exitCode: null }, 'not installed', 'Install'],
    ['no permission', { stderr: 'No journal files were opened due to insufficient permissions.', exitCode: 1 }, 'may not read', 'systemd-journal'],
    ['only own messages', { stderr: 'Hint: You are currently not seeing messages from other users and the system.' }, 'may not read', 'systemd-journal'],
    ['newer systemd', { stderr: 'Journal file /j/system.journal uses an unsupported feature, ignoring file.' }, 'newer systemd', 'at least as new'],
    ['corrupt', { stderr: 'Journal file /j/system.journal is truncated, ignoring file.' }, 'is truncated', ''],
    ['other', { stderr: 'Something else', exitCode: 1 }, 'Something else', ''],
  ] satisfies [string, Script, string, string][])('explains once and goes on trying: %s', async (_name, script, why, cure) => {
    const host = journal({ oldest: [script, script, { lines: [record(0)] }] });
    const { of } = await begin(host);
    await host.clock.turn(300);
    expect(of('down')).toHaveLength(1);
    expect(of('down')[0]?.why).toContain(why);
    expect(of('down')[0]?.cure ?? '').toContain(cure);
    expect(of('covered')).toEqual([]);
    await host.clock.turn(1_000);
    expect(of('up')).toHaveLength(1);
  });

  it('is not put off by a rotated file that cannot be read, but says so', async () => {
    const rotated = join(root, `system@${'ab'.repeat(16)}-0000000000000001-${(T - 9_000_000).toString(16).padStart(16, '0')}.journal`);
    writeFileSync(rotated, '');
    utimesSync(rotated, T / 1e6 - 5, T / 1e6 - 5);
    const stderr = [
      `Journal file ${rotated} uses an unsupported feature, ignoring file.`,
      'Journal file /j/system@1-2-3.journal corrupted, ignoring file.',
      'Journal file /j/user-1000.journal is truncated, ignoring file.',
    ].join('\n');
    const host = journal({ 'catch-up': { lines: [record(1)], stderr } });
    const { source, of } = await begin(host);
    await source.readNow();
    expect(of('up')).toHaveLength(1);
    expect(of('down')).toEqual([]);
    // Each once, over the time that it may hold.
    expect(of('gap')).toEqual([
      { type: 'gap', source: 'journal', from: T - 9_000_000, to: T - 5_000_000, why: `journalctl cannot read ${rotated} and left it out` },
      { type: 'gap', source: 'journal', from: null, to: host.clock.now(), why: 'journalctl cannot read /j/system@1-2-3.journal and left it out' },
    ]);
  });

  it('tells of a journalctl that hangs while it reads back, and starts it again', async () => {
    const host = journal({ 'catch-up': [{ lines: [record(1)], forever: true }, { lines: [record(1), record(2)] }] });
    const { records, of } = await begin(host);
    await host.clock.turn(31_000);
    expect(of('down')).toMatchObject([{ why: 'journalctl has not read up to now yet' }]);
    await host.clock.turn(580_000);
    expect(of('down').at(-1)?.why).toBe('journalctl does not answer');
    expect(of('up')).toHaveLength(1);
    expect(records()).toEqual([record(1), record(2)]);
  });

  it('gives up a journalctl that does not answer at all', async () => {
    const host = journal({ oldest: { forever: true } });
    const { of } = await begin(host);
    await host.clock.turn(61_000);
    expect(of('down').map(({ why }) => why)).toContain('journalctl does not answer');
    expect(of('covered')).toEqual([]);
  });

  it('claims nothing while a reading at once hangs, gives it up, and begins anew', async () => {
    const host = journal({ 'catch-up': [{ lines: [record(1)] }, { forever: true }, {}] });
    const { source, of } = await begin(host);
    const before = of('covered').length;
    const asked = source.readNow();
    await host.clock.turn(4_500);
    expect(of('covered')).toHaveLength(before);
    await host.clock.turn(10_000);
    await asked;
    // The one that follows may be held up by the same.
    expect(of('down').map(({ why }) => why)).toEqual(['journalctl does not answer']);
    await host.clock.turn(2_000);
    expect(of('up')).toHaveLength(2);
    expect(of('covered').length).toBeGreaterThan(before);
  });

  it('goes on within a second when there are file descriptors again, however long there were none', async () => {
    const scripts: Script[] = [{ stderr: NO_ROOM, exitCode: null }];
    const host = journal({ oldest: scripts });
    const { of } = await begin(host);
    await host.clock.turn(600_000);
    expect(of('down')).toMatchObject([{ why: expect.stringContaining('EMFILE') as unknown }]);
    expect(of('up')).toEqual([]);
    scripts.unshift({ lines: [record(0)] });
    await host.clock.turn(1_000);
    expect(of('up')).toHaveLength(1);
  });

  it('keeps the one that follows when there is no file descriptor for another reading', async () => {
    const host = journal({ 'catch-up': [{ lines: [record(1)] }, { stderr: NO_ROOM, exitCode: null }] });
    const { source, of } = await begin(host);
    await source.readNow();
    await host.clock.turn(5_000);
    expect(of('down')).toEqual([]);
    expect(of('covered').at(-1)?.to).toBeGreaterThan(host.clock.now() - 3_000_000);
  });

  it('starts a follower again that does not bring what another reading found', async () => {
    const host = journal({ 'catch-up': [{ lines: [record(1)] }, { lines: [record(2)] }, {}] });
    const { source, records, of } = await begin(host);
    await source.readNow();
    const { to } = of('covered').at(-1) ?? { to: 0 };
    await host.clock.turn(9_000);
    expect(of('covered').at(-1)?.to).toBe(to);
    await host.clock.turn(3_000);
    expect(of('down')).toMatchObject([{ why: 'journalctl does not answer' }]);
    expect(of('up')).toHaveLength(2);
    expect(records()).toEqual([record(1), record(2)]);
  });

  it('asks again and again where journalctl cannot follow for want of inotify', async () => {
    const host = journal({
      'catch-up': [{ lines: [record(1)] }, {}, { lines: [record(1), record(2)] }, {}],
      follow: { lines: [record(1)], stderr: 'Insufficient watch descriptors available. Reverting to -n.' },
    });
    const { records, of } = await begin(host);
    await host.clock.turn(3_000);
    expect(records()).toEqual([record(1), record(2)]);
    expect(of('up').at(-1)?.detail).toContain('max_user_instances');
    await host.clock.turn(60_000);
    expect(of('up')).toHaveLength(2);
    expect(of('down')).toEqual([]);
    expect(of('covered').at(-1)?.to).toBeGreaterThan(host.clock.now() - 5_000_000);
    expect(host.calls.length).toBeLessThan(50);
  });

  it('claims times anew that come again because the clock was set back', async () => {
    const host = journal({});
    const { of } = await begin(host);
    await host.clock.turn(5_000);
    host.clock.setBack(3_600_000);
    const before = of('covered').length;
    await host.clock.turn(5_000);
    const [first] = of('covered').slice(before);
    expect(first?.from).toBeGreaterThan(host.clock.now() - 7_000_000);
    expect(of('covered').at(-1)?.to).toBeLessThanOrEqual(host.clock.now());
  });

  it('names the missing directories, or the missing files', async () => {
    rmSync(join(root, 'var/log/journal/system.journal'));
    const host = journal({ oldest: {} });
    const { of } = await begin(host);
    expect(of('down')[0]?.why).toContain('no journal file');
    rmSync(join(root, 'var/log/journal'), { recursive: true });
    await host.clock.turn(1_000);
    expect(of('down').at(-1)?.cure).toContain('/var/log/journal and /run/log/journal');
  });

  it('is down while the journal has no kernel record, and reads without pattern until the first', async () => {
    const unit = record(1, { _TRANSPORT: 'stdout' });
    const host = journal({ oldest: {}, 'catch-up': { lines: [unit] }, follow: { lines: [record(2)], forever: true } });
    const { records, of, events } = await begin(host);
    expect(records()).toEqual([unit, record(2)]);
    expect(events.map(({ type }) => type)).toEqual(['journal', 'down', 'journal', 'up']);
    expect(of('down')[0]?.cure).toContain('ReadKMsg');
    expect(host.calls.find((args) => call(args) === 'follow')?.some((arg) => arg.startsWith('--grep'))).toBe(false);
    await host.clock.turn(500);
    expect(of('covered')).toEqual([]);
    await host.clock.turn(20_000);
    expect(of('covered')[0]?.from).toBe(T + 2_000);
  });

  it("tells of journald's own missed messages, bounded by the kernel record before them", async () => {
    const missed = record(9, {
      _TRANSPORT: 'driver',
      MESSAGE: 'Missed 12 kernel messages',
      MESSAGE_ID: 'e9bf28e6e834481bb6f48f548ad13606',
    });
    const host = journal({ before: { lines: [record(4)] }, follow: { lines: [missed], forever: true } });
    const { of } = await begin(host);
    expect(of('gap')).toMatchObject([{ from: T + 4_000, to: T + 9_000 }]);
    expect(of('gap')[0]?.why).toContain('Missed 12 kernel messages');
  });

  it('hands over at once what another reading finds, before and not again with the follower', async () => {
    const host = journal({ 'catch-up': [{ lines: [record(1)] }, { lines: [record(1), record(2), record(3)] }] });
    const { source, records } = await begin(host);
    expect('readNow' in source).toBe(true);
    await source.readNow();
    expect(records()).toEqual([record(1), record(2), record(3)]);
  });

  it('has one more reading for all who ask while one runs', async () => {
    const host = journal({});
    const { source } = await begin(host);
    const before = host.calls.length;
    await Promise.all(Array.from({ length: 200 }, () => source.readNow()));
    expect(host.calls.length - before).toBe(2);
  });
});
