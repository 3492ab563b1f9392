import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { systemHost } from '../../src/host/system-host.ts';
import type { Host } from '../../src/host/host.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { KERNEL_PART } from '../../src/sources/journal/journal-parts.ts';
import { journalSource, type JournalSource } from '../../src/sources/journal/journal-source.ts';
import { ensureJournald, noJournald, type Journald } from './support/journald.ts';
import { sayUntil } from './support/until.ts';

const recordSchema = z.looseObject({ MESSAGE: z.string(), __REALTIME_TIMESTAMP: z.string(), _TRANSPORT: z.string() });

const why = noJournald();
if (why !== null) console.log(`journal-source e2e is skipped: ${why}`);

describe.skipIf(why !== null)('journalSource on a real journald', () => {
  let journald: Journald;
  const run = `w137t${String(process.pid)}`;

  beforeAll(async () => {
    journald = await ensureJournald();
  });
  afterAll(async () => {
    await journald.stop();
  });

  /** Opened anew each time: the kernel limits how fast one opener may write. */
  const say = (text: string) => {
    appendFileSync('/dev/kmsg', `<13>${text}\n`);
  };

  function begin(pattern: string, host: Host = systemHost('/'), cursor: string | null = null) {
    const events: SourceEvent[] = [];
    const arrived = new Map<string, number>();
    const told = { cursor };
    const source = journalSource({
      part: KERNEL_PART,
      host,
      dir: null,
      pattern,
      matches: [['_TRANSPORT=kernel'], ['SYSLOG_IDENTIFIER=w137test']],
      since: cursor === null ? Date.now() * 1_000 - 5_000_000 : null,
      cursor,
      onCursor: (next) => (told.cursor = next),
    });
    const emit = (event: SourceEvent) => {
      events.push(event);
      if (event.type !== 'journal') return;
      const { MESSAGE } = parse(event.line);
      arrived.set(MESSAGE, performance.now());
    };
    const messages = () =>
      events.flatMap((event) => (event.type === 'journal' ? [parse(event.line).MESSAGE] : []));
    const up = () => sayUntil('the journal is up', () => events.some((event) => event.type === 'up'));
    return { source, emit, events, messages, arrived, told, up };
  }

  function parse(line: Uint8Array | string): z.infer<typeof recordSchema> {
    return recordSchema.parse(JSON.parse(typeof line === 'string' ? line : Buffer.from(line).toString()));
  }

  const count = (of: readonly string[], text: string) => of.filter((message) => message === text).length;

  async function stopping(source: JournalSource, work: () => Promise<void>) {
    try {
      await work();
    } finally {
      await source.stop();
    }
  }

  it('hands over records of /dev/kmsg and of logger with their fields, and claims what it read', async () => {
    const { source, emit, events, up } = begin(`${run}-fields`);
    await source.start(emit);
    await stopping(source, async () => {
      await up();
      say(`${run}-fields kernel`);
      await execa('logger', ['-t', 'w137test', '-u', '/run/systemd/journal/dev-log', `${run}-fields logger`]);
      const records = () => events.flatMap((event) => (event.type === 'journal' ? [parse(event.line)] : []));
      await sayUntil('both records', () => records().length === 2);
      const byTransport = new Map(records().map((record) => [record._TRANSPORT, record]));
      expect(byTransport.get('kernel')).toMatchObject({ MESSAGE: `${run}-fields kernel`, SYSLOG_FACILITY: '1' });
      expect(byTransport.get('syslog')).toMatchObject({ MESSAGE: `${run}-fields logger` });
      const written = Number(records()[0]?.__REALTIME_TIMESTAMP);
      await sayUntil('coverage passes the records', () =>
        events.some((event) => event.type === 'covered' && event.to > written + 1_000_000),
      );
      const from = events.flatMap((event) => (event.type === 'covered' && event.from !== null ? [event.from] : []));
      expect(from).toHaveLength(1);
    });
  });

  it('loses and repeats nothing where catching up becomes following', async () => {
    const pattern = `${run}-switch`;
    const { source, emit, messages } = begin(pattern);
    const total = 400;
    let next = 0;
    const writing = setInterval(() => {
      for (let i = 0; i < 4 && next < total; i += 1) say(`${pattern} ${String(next++)}`);
    }, 10);
    await source.start(emit);
    await stopping(source, async () => {
      await sayUntil('all records', () => next === total && messages().includes(`${pattern} ${String(total - 1)}`));
      clearInterval(writing);
      await source.readNow();
      expect(messages()).toEqual(Array.from({ length: total }, (_, i) => `${pattern} ${String(i)}`));
    });
  });

  it('goes on after journalctl was killed, and after a restart, without loss or repeat', async () => {
    const pattern = `${run}-killed`;
    const system = systemHost('/');
    const host: Host = {
      ...system,
      spawn: (command, args) => {
        // `exec`, so that the shell's pid is journalctl's.
        const follows = args.includes('--follow');
        const file = follows ? `/tmp/${pattern}.pid` : `/tmp/${pattern}.other`;
        return system.spawn('sh', ['-c', 'echo $$ >"$0"; exec "$@"', file, command, ...args]);
      },
    };
    const { source, emit, events, messages, told, up } = begin(pattern, host);
    let next = 0;
    const writing = setInterval(() => { say(`${pattern} ${String(next++)}`); }, 5);
    await source.start(emit);
    await stopping(source, async () => {
      await up();
      for (let kill = 0; kill < 3; kill += 1) {
        const ups = () => events.filter((event) => event.type === 'up').length;
        const before = ups();
        await execa('sh', ['-c', `kill -9 $(cat /tmp/${pattern}.pid)`], { reject: false });
        await sayUntil('up again', () => ups() > before);
      }
      expect(events.some((event) => event.type === 'down' && event.why.includes('killed'))).toBe(true);
    });
    const inBetween = next;
    await sayUntil('some records while nobody reads', () => next > inBetween + 10);
    const again = begin(pattern, host, told.cursor);
    await again.source.start(again.emit);
    await stopping(again.source, async () => {
      await again.up();
      clearInterval(writing);
      const last = `${pattern} ${String(next - 1)}`;
      await sayUntil('the last record', () => [...messages(), ...again.messages()].includes(last));
    });
    const all = [...messages(), ...again.messages()];
    expect(all).toEqual(Array.from({ length: next }, (_, i) => `${pattern} ${String(i)}`));
    expect(again.events.some((event) => event.type === 'gap')).toBe(false);
    await execa('rm', ['-f', `/tmp/${pattern}.pid`, `/tmp/${pattern}.other`]);
  });

  it('sees a live record long before journald wakes its followers, once, after it was asked to read at once', async () => {
    const pattern = `${run}-live`;
    const { source, emit, arrived, messages, up } = begin(pattern);
    await source.start(emit);
    await stopping(source, async () => {
      await up();
      const delays: number[] = [];
      for (let i = 0; i < 15; i += 1) {
        const text = `${pattern} ${String(i)}`;
        // As at an exit whose kill is not written yet.
        await source.readNow();
        const written = performance.now();
        say(text);
        await sayUntil(text, () => arrived.has(text));
        delays.push((arrived.get(text) ?? Infinity) - written);
        // Far enough apart for the pause between two readings to be over.
        await new Promise((resolve) => setTimeout(resolve, 230 + i * 7));
      }
      delays.sort((a, b) => a - b);
      console.log(`kmsg → journal → emit: median ${String(delays[7]?.toFixed(0))} ms, worst ${String(delays[14]?.toFixed(0))} ms`);
      expect(delays[7]).toBeLessThan(200);
      for (let i = 0; i < 15; i += 1) expect(count(messages(), `${pattern} ${String(i)}`)).toBe(1);
    });
  });

  it('reads at once when asked', async () => {
    const pattern = `${run}-now`;
    const { source, emit, messages, up } = begin(pattern);
    await source.start(emit);
    await stopping(source, async () => {
      await up();
      await execa('logger', ['-t', 'w137test', '-u', '/run/systemd/journal/dev-log', `${pattern} a`]);
      await sayUntil('a reading that has it', async () => {
        await source.readNow();
        return messages().length > 0;
      });
      expect(messages()).toEqual([`${pattern} a`]);
    });
  });
});

const REMOTE = '/lib/systemd/systemd-journal-remote';
if (!existsSync(REMOTE)) console.log('journal directory e2e is skipped: systemd-journal-remote is not installed');

describe.skipIf(!existsSync(REMOTE))('journalSource on a directory of journal files', () => {
  const BOOT = '0123456789abcdef0123456789abcdef';
  const T = 1_700_000_000_000_000;

  async function write(file: string, numbers: readonly number[]) {
    const records = numbers.map((n) =>
      [
        `__REALTIME_TIMESTAMP=${String(T + n * 1_000_000)}`,
        `__MONOTONIC_TIMESTAMP=${String(1_000_000 + n * 1_000_000)}`,
        `_BOOT_ID=${BOOT}`,
        '_TRANSPORT=kernel',
        `MESSAGE=${n % 2 === 0 ? 'wanted' : 'noise'} ${String(n)}`,
        '\n',
      ].join('\n'),
    );
    await execa(REMOTE, ['-o', file, '-'], { input: records.join('') });
  }

  async function read(dir: string, cursor: string | null) {
    const events: SourceEvent[] = [];
    const told = { cursor };
    const source = journalSource({
      part: KERNEL_PART,
      host: systemHost('/'),
      dir,
      pattern: 'wanted',
      matches: [['_TRANSPORT=kernel']],
      since: null,
      cursor,
      onCursor: (next) => (told.cursor = next),
    });
    await source.start((event) => events.push(event));
    await sayUntil('the journal is up', () => events.some((event) => event.type === 'up'));
    await source.stop();
    const messages = events.flatMap((event) => (event.type === 'journal' ? [messageOf(event.line)] : []));
    return { events, messages, cursor: told.cursor };
  }

  function messageOf(line: Uint8Array | string): string {
    return recordSchema.parse(JSON.parse(typeof line === 'string' ? line : Buffer.from(line).toString())).MESSAGE;
  }

  it('reads what is selected, continues after the last record, and sees when that one is gone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'w137-journal-dir-'));
    try {
      await write(join(dir, 'system.journal'), [1, 2, 3, 4, 5]);
      const first = await read(dir, null);
      expect(first.messages).toEqual(['wanted 2', 'wanted 4']);
      expect(first.events.find((event) => event.type === 'covered')).toMatchObject({ from: T + 1_000_000 });
      await write(join(dir, 'system.journal'), [6, 7]);
      const second = await read(dir, first.cursor);
      expect(second.messages).toEqual(['wanted 6']);
      expect(second.events.some((event) => event.type === 'gap')).toBe(false);
      rmSync(join(dir, 'system.journal'));
      await write(join(dir, 'system.journal'), [20, 21, 22]);
      const third = await read(dir, second.cursor);
      expect(third.messages).toEqual(['wanted 20', 'wanted 22']);
      expect(third.events.find((event) => event.type === 'gap')).toMatchObject({
        from: T + 7_000_000,
        to: T + 20_000_000,
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
