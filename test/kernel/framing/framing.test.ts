import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unescapeHex, unescapeOctal } from '../../../src/kernel/framing/escapes.ts';
import { frameJournalRecord, KernelTime, readJournalRecord, type JournalRecord } from '../../../src/kernel/framing/journal-json.ts';
import { frameKmsg, kmsgSequence } from '../../../src/kernel/framing/kmsg-record.ts';
import { stripPrintk } from '../../../src/kernel/framing/printk-prefix.ts';
import { TextFraming } from '../../../src/kernel/framing/text-line.ts';
import { NO_TIME, WallClock, type TimeContext } from '../../../src/kernel/framing/wall-time.ts';
import { DAY, formatTimeOrNull, HOUR, MS, parseTime } from '../../../src/lib/time.ts';

const KILL = 'Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB';

function told(context: Partial<TimeContext>, lines: readonly string[]): (string | null)[] {
  const framing = new TextFraming({ ...NO_TIME, timezone: 'UTC', ...context });
  return lines.map((line) => {
    const framed = framing.frame(line);
    return 'line' in framed ? formatTimeOrNull(framed.line.timeUs) : framed.drop;
  });
}

const at = (stamp: string): string => `${stamp} node1 kernel: ${KILL}`;

describe('wall time', () => {
  it('crosses New Year, also with a line out of order', () => {
    expect(told({ year: 2026 }, ['Dec 31 23:59:58', 'Jan  1 00:00:01', 'Dec 31 23:59:59', 'Jan  1 00:00:02', 'Feb  1 00:00:00'].map(at))).toEqual([
      '2026-12-31T23:59:58.000000Z',
      '2027-01-01T00:00:01.000000Z',
      '2026-12-31T23:59:59.000000Z',
      '2027-01-01T00:00:02.000000Z',
      '2027-02-01T00:00:00.000000Z',
    ]);
  });

  it('finds the year from a moment shortly after, which may move on', () => {
    let before = parseTime('2026-11-23T12:00:00Z')!;
    const clock = new WallClock({
      ...NO_TIME,
      timezone: 'UTC',
      get before() {
        return before;
      },
    });
    const year = (month: string, day: string): string | undefined => formatTimeOrNull(clock.local(month, day, '10:00:00', undefined))?.slice(0, 10);
    expect(year('Nov', '23')).toBe('2026-11-23');
    expect(year('Dec', '24')).toBe('2025-12-24');
    expect(year('Feb', '29')).toBe('2024-02-29');
    before += 35 * DAY;
    expect(year('Dec', '24')).toBe('2026-12-24');
    before += 10 * DAY;
    expect(year('Jan', ' 2')).toBe('2027-01-02');
  });

  it('has no time for a day that the year lacks', () => {
    expect(told({ year: 2026 }, [at('Feb 29 10:00:00')])).toEqual([null]);
    expect(told({ year: 2028 }, [at('Feb 29 10:00:00')])).toEqual(['2028-02-29T10:00:00.000000Z']);
  });

  it('has no time without zone or year', () => {
    expect(told({ timezone: null, year: 2026 }, [at('Nov 23 10:00:00')])).toEqual([null]);
    expect(told({}, [at('Nov 23 10:00:00')])).toEqual([null]);
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC', 'America/St_Johns'])('reads local times of %s all year, daylight saving or not', (timezone) => {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone: timezone, hourCycle: 'h23', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
    const local = (us: number): string => {
      const of = Object.fromEntries(parts.formatToParts(new Date(us / MS)).map(({ type, value }) => [type, value]));
      return `${of['month']!} ${of['day']!.padStart(2)} ${of['hour']!}:${of['minute']!}:${of['second']!}`;
    };
    fc.assert(
      fc.property(fc.integer({ min: parseTime('2026-01-02T00:00:00Z')! / 1e6, max: parseTime('2026-12-30T00:00:00Z')! / 1e6 }), (seconds) => {
        const us = seconds * 1e6;
        const read = parseTime(told({ timezone, year: 2026 }, [at(local(us))])[0]!)!;
        // In the hour that comes twice either is right.
        expect(local(read)).toBe(local(us));
        expect(Math.abs(read - us)).toBeLessThanOrEqual(HOUR);
      }),
      { numRuns: 300 },
    );
  });

  it('gives no time in a zone that is not known: it is not UTC', () => {
    expect(told({ timezone: 'Mars/Olympus', year: 2026 }, [at('Nov 23 10:00:00')])).toEqual([null]);
  });
});

describe('escapes', () => {
  it('undoes what /dev/kmsg and rsyslog do to bytes', () => {
    expect(unescapeHex('busybox\\x0aOut of \\xc3\\xbc \\xff')).toBe('busybox\nOut of ü \uFFFD');
    expect(unescapeOctal('busybox#012Out of#011x #1 #999')).toBe('busybox\nOut of\tx #1 #999');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 15 }), (bytes) => {
        const escaped = [...bytes].map((byte) => (byte < 32 || byte > 126 || byte === 92 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte))).join('');
        const bad = /\\x[89a-f]/.test(escaped);
        if (!bad) expect(unescapeHex(escaped)).toBe(Buffer.from(bytes).toString('utf8'));
        else expect(typeof unescapeHex(escaped)).toBe('string');
      }),
    );
  });

  it('takes uptimes and caller ids off', () => {
    expect(stripPrintk('[   12.345678] x')).toEqual({ text: 'x', monotonicUs: 12_345_678, found: true });
    expect(stripPrintk('[   12.345678][ T6736] x')).toMatchObject({ text: 'x' });
    expect(stripPrintk('[   12.345678][    C0] [drm] x')).toMatchObject({ text: '[drm] x' });
    expect(stripPrintk('[  483]     0   483')).toMatchObject({ found: false });
  });
});

function record(more: Partial<JournalRecord> & { real: number; mono: number; source: number }): JournalRecord {
  const { real, mono, source, ...rest } = more;
  const base = readJournalRecord(JSON.stringify({ MESSAGE: KILL, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _BOOT_ID: 'b', __REALTIME_TIMESTAMP: String(real), __MONOTONIC_TIMESTAMP: String(mono), _SOURCE_MONOTONIC_TIMESTAMP: String(source) }));
  return { ...base!, ...rest };
}

describe("the kernel's time in the journal", () => {
  const real = parseTime('2026-11-23T17:43:25Z')!;

  it('takes off how late journald was', () => {
    const clock = new KernelTime();
    expect(clock.of(record({ real, mono: 1_000_000, source: 999_000 }))).toBe(real);
    expect(clock.of(record({ real: real + 5_000_000, mono: 6_000_000, source: 2_000_000 }))).toBe(real + 1_001_000);
  });

  it('follows a suspended machine and another boot', () => {
    const clock = new KernelTime();
    clock.of(record({ real, mono: 100_000_000, source: 100_000_000 }));
    // CLOCK_BOOTTIME went on for an hour while journald's clock stood.
    expect(clock.of(record({ real: real + 1_000, mono: 100_001_000, source: 3_700_000_000 }))).toBe(real + 1_000);
    expect(clock.of(record({ real: real + 2_000, mono: 50, source: 20, bootId: 'c' }))).toBe(real + 2_000);
  });

  it("is journald's own where the two have nothing to do with each other", () => {
    const clock = new KernelTime();
    clock.of(record({ real, mono: 1_000_000, source: 1_000_000 }));
    expect(clock.of(record({ real: real + 1_000, mono: 200_000_000, source: 1_000_000 }))).toBe(real + 1_000);
  });
});

describe('forged lines', () => {
  const journal = (fields: Record<string, unknown>) => {
    const framed = frameJournalRecord(readJournalRecord(JSON.stringify({ MESSAGE: KILL, __REALTIME_TIMESTAMP: '1', ...fields }))!, new KernelTime());
    return 'line' in framed ? framed.line.trust : framed.drop;
  };

  it('are told by the journal’s trusted fields', () => {
    expect(journal({ _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0' })).toBe('kernel');
    expect(journal({ _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', SYSLOG_IDENTIFIER: 'kernel' })).toBe('forged-facility');
    expect(journal({ _TRANSPORT: 'syslog', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' })).toBe('not-kernel');
    expect(journal({ _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'kernel' })).toBe('not-kernel');
    expect(journal({ _TRANSPORT: ['kernel', 'syslog'] })).toBe('not-kernel');
  });

  it('are told by the facility of /dev/kmsg', () => {
    const kmsg = (text: string) => {
      const framed = frameKmsg(text, new WallClock(NO_TIME));
      return 'line' in framed ? framed.line.trust : framed.drop;
    };
    expect(kmsg(`4,1,2,-;${KILL}`)).toBe('kernel');
    expect(kmsg(`12,1,2,-;${KILL}`)).toBe('forged-facility');
    expect(kmsg(' SUBSYSTEM=x')).toBe('dictionary');
    expect(kmsg('x')).toBe('not-kmsg');
    expect(kmsgSequence('4,17,2,-,caller=T1;x')).toBe(17);
    expect(kmsgSequence('x')).toBeNull();
  });

  it.each([
    [`Nov 23 17:43:25 node1 app[12]: ${KILL}`],
    [`Nov 23 17:43:25 node1 kernel-monitor[12]: ${KILL}`],
    [`Nov 23 17:43:25 node1 containerd[371]: time="2026-11-23T17:43:20Z" level=info msg="${KILL}"`],
    [`Nov 23 17:43:25 node1 systemd[1]: kernel: ${KILL}`],
    [`<13>1 2026-11-23T17:43:25Z node1 app - - - ${KILL}`],
    [`<14>Nov 23 17:43:25 node1 kernel: ${KILL}`],
    [JSON.stringify({ MESSAGE: KILL, SYSLOG_IDENTIFIER: 'app' })],
    [JSON.stringify({ MESSAGE: KILL, SYSLOG_IDENTIFIER: 'kernel', SYSLOG_FACILITY: '1' })],
    [`user  :notice: [   12.345678] ${KILL}`],
  ])('are told by their tag: %s', (line) => {
    const framed = new TextFraming({ ...NO_TIME, timezone: 'UTC', year: 2026 }, 'syslog').frame(line);
    const usable = 'line' in framed && framed.line.text.startsWith('Out of memory');
    expect(usable).toBe(false);
  });
});
