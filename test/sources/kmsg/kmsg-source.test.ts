import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import type { KmsgDevice } from '../../../src/sources/kmsg/kmsg-device.ts';
import { kmsgRead, kmsgSource, type KmsgPosition, type KmsgSource } from '../../../src/sources/kmsg/kmsg-source.ts';
import { fakeHost, type FakeHost } from '../../host/fake-host.ts';

const BOOT = '0c3eee3d-a5f6-4d4f-a1d1-7b3b7a1f0a55';

const record = (seq: number) => `6,${String(seq)},${String(seq * 1_000)},-;record ${String(seq)}\n`;
const failure = (code: string) => Object.assign(new Error(code), { code });

describe('kmsgSource', () => {
  let root: string;
  let running: KmsgSource | null = null;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-kmsg-'));
    mkdirSync(join(root, 'proc/sys/kernel/random'), { recursive: true });
    mkdirSync(join(root, 'dev'));
    writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${BOOT}\n`);
    writeFileSync(join(root, 'proc/uptime'), '1000.00 1.00\n');
  });
  afterEach(async () => {
    await running?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** The ring buffer as a list: records, errors to throw, and null where nothing is left for now. */
  function begin(ring: (string | Error | null)[], position: KmsgPosition | null = null, host = fakeHost(root, () => ({}))) {
    const events: SourceEvent[] = [];
    const positions: KmsgPosition[] = [];
    const opened: (Error | null)[] = [];
    const device: KmsgDevice = {
      read() {
        const next = ring.shift() ?? null;
        if (next instanceof Error) throw next;
        return next === null ? null : Buffer.from(next);
      },
      close: () => undefined,
    };
    running = kmsgSource({
      host,
      position,
      onPosition: (next) => positions.push(next),
      open() {
        const problem = opened.shift() ?? null;
        if (problem !== null) throw problem;
        return device;
      },
    });
    const start = () => running?.start((event) => events.push(event));
    const of = <X extends SourceEvent['type']>(type: X) =>
      events.filter((event): event is Extract<SourceEvent, { type: X }> => event.type === type);
    const records = () => of('kmsg').map((event) => Buffer.from(event.record).toString());
    return { host, events, positions, opened, ring, start, of, records };
  }

  it('reads what is there, then what comes at each poll, and claims it from the oldest record on', async () => {
    const kmsg = begin([record(5), record(6), null]);
    await kmsg.start();
    const now = kmsg.host.clock.now();
    expect(kmsg.records()).toEqual([record(5), record(6)]);
    expect(kmsg.of('covered')).toEqual([{ type: 'covered', source: 'kmsg', from: now - 1_000_000_000 + 5_000, to: now }]);
    expect(kmsg.positions).toEqual([{ bootId: BOOT, seq: 6 }]);
    kmsg.ring.push(record(7));
    await kmsg.host.clock.turn(250);
    expect(kmsg.records().at(-1)).toBe(record(7));
    expect(kmsg.of('covered').at(-1)).toMatchObject({ from: null, to: kmsg.host.clock.now() });
    expect(kmsg.of('up')).toHaveLength(1);
  });

  it('reads at once when it is asked to, and often for a while then', async () => {
    const kmsg = begin([]);
    await kmsg.start();
    kmsg.ring.push(record(1));
    await running?.readNow();
    expect(kmsg.records()).toEqual([record(1)]);
    kmsg.ring.push(record(2));
    await kmsg.host.clock.turn(50);
    expect(kmsg.records()).toHaveLength(2);
    await kmsg.host.clock.turn(10_000);
    kmsg.ring.push(record(3));
    await kmsg.host.clock.turn(50);
    expect(kmsg.records()).toHaveLength(2);
    await kmsg.host.clock.turn(200);
    expect(kmsg.records()).toHaveLength(3);
  });

  it('is not tried more often for being asked while it is down', async () => {
    const kmsg = begin([record(1)]);
    kmsg.opened.push(failure('EPERM'));
    await kmsg.start();
    await running?.readNow();
    expect(kmsg.records()).toEqual([]);
    await kmsg.host.clock.turn(1_000);
    await running?.stop();
    kmsg.ring.push(record(2));
    await running?.readNow();
    await kmsg.host.clock.turn(1_000);
    expect(kmsg.records()).toEqual([record(1)]);
  });

  it('claims a quiet log once a second', async () => {
    const kmsg = begin([record(1)]);
    await kmsg.start();
    await kmsg.host.clock.turn(5_000);
    expect(kmsg.of('covered')).toHaveLength(6);
  });

  it('passes over what an earlier run of this boot handed over, and tells what was overwritten meanwhile', async () => {
    const kmsg = begin([record(5), record(6), record(7)], { bootId: BOOT, seq: 6 });
    await kmsg.start();
    expect(kmsg.records()).toEqual([record(7)]);
    expect(kmsg.of('covered')[0]?.from).toBeNull();
    const late = begin([record(10)], { bootId: BOOT, seq: 6 });
    await late.start();
    expect(late.of('gap').map(({ why }) => why)).toEqual([
      "3 record(s) of the kernel's log were overwritten before they could be read",
    ]);
  });

  it('begins anew after another boot', async () => {
    const kmsg = begin([record(1)], { bootId: 'another', seq: 600 });
    await kmsg.start();
    expect(kmsg.records()).toEqual([record(1)]);
  });

  it.each([
    ['it holds all that came since', BOOT, 5, null],
    ['it begins with the next record', BOOT, 7, null],
    ['records were overwritten', BOOT, 10, 'while the agent was away 3 record'],
    ['the node was restarted', 'another', 1, 'the node was restarted'],
  ])('reads the ring from its begin after an earlier run, and tells what it lacks: %s', async (_, boot, first, why) => {
    const events: SourceEvent[] = [];
    const ring = [record(first), record(first + 1)];
    const host = fakeHost(root, () => ({}));
    const coveredTo = host.clock.now() - 2_000_000_000;
    const device: KmsgDevice = { read: () => { const next = ring.shift(); return next === undefined ? null : Buffer.from(next); }, close: () => undefined };
    running = kmsgSource({ host, read: kmsgRead({ position: { bootId: boot, seq: 6 }, coveredTo }), onPosition: () => undefined, open: () => device });
    await running.start((event) => events.push(event));
    const begun = host.clock.now() - 1_000_000_000 + first * 1_000;
    expect(events.filter(({ type }) => type === 'kmsg')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'gap')).toMatchObject(why === null ? [] : [{ from: coveredTo, to: begun, why: expect.stringContaining(why) as unknown }]);
    expect(events.find(({ type }) => type === 'covered')).toMatchObject({ from: why === null ? coveredTo : begun });
  });

  it('tells of an overrun with the number of lost records and the time since the last full reading', async () => {
    const kmsg = begin([record(1)]);
    await kmsg.start();
    const drained = kmsg.host.clock.now();
    kmsg.ring.push(failure('EPIPE'), record(101), failure('EINVAL'), record(103));
    await kmsg.host.clock.turn(250);
    const gaps = kmsg.of('gap');
    expect(gaps.map(({ from, to }) => [from, to])).toEqual([
      [drained, drained + 250_000],
      [drained, drained + 250_000],
    ]);
    expect(gaps.map(({ why }) => why.split(' ')[0])).toEqual(['99', '1']);
    expect(kmsg.records()).toEqual([record(1), record(101), record(103)]);
  });

  it('lets others have their turn during a flood', async () => {
    const kmsg = begin(Array.from({ length: 20_000 }, (_, i) => record(i)));
    await kmsg.start();
    expect(kmsg.records().length).toBeLessThan(20_000);
    expect(kmsg.of('covered')).toEqual([]);
    await kmsg.host.clock.turn(0);
    expect(kmsg.records()).toHaveLength(20_000);
    expect(kmsg.of('up')).toHaveLength(1);
  });

  it.each([
    ['ENOENT', 'does not exist', '--kmsg off'],
    ['EPERM', 'may not be read', 'as root'],
    ['EACCES', 'may not be read', 'as root'],
    ['ENXIO', 'not the kernel', '--kmsg off'],
  ])('explains %s once, and recovers by itself', async (code, why, cure) => {
    const kmsg = begin([record(1)]);
    kmsg.opened.push(failure(code), failure(code));
    await kmsg.start();
    await kmsg.host.clock.turn(1_000);
    expect(kmsg.of('down')).toHaveLength(1);
    expect(kmsg.of('down')[0]?.why).toContain(why);
    expect(kmsg.of('down')[0]?.cure).toContain(cure);
    await kmsg.host.clock.turn(2_000);
    expect(kmsg.records()).toEqual([record(1)]);
    expect(kmsg.of('up')).toHaveLength(1);
  });

  it('claims times anew that come again because the clock was set back', async () => {
    const kmsg = begin([record(1)]);
    await kmsg.start();
    await kmsg.host.clock.turn(5_000);
    kmsg.host.clock.setBack(3_600_000);
    const before = kmsg.of('covered').length;
    const back = kmsg.host.clock.now();
    await kmsg.host.clock.turn(5_000);
    const [first, ...others] = kmsg.of('covered').slice(before);
    expect(first?.from).toBeGreaterThanOrEqual(back);
    expect(others.length).toBeGreaterThan(2);
  });

  it('goes on within a second when there are file descriptors again', async () => {
    const { opened, start, host, of } = begin([record(1)]);
    opened.push(...Array.from({ length: 300 }, () => Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })));
    await start();
    await host.clock.turn(200_000);
    expect(of('down')).toHaveLength(1);
    opened.length = 0;
    await host.clock.turn(1_000);
    expect(of('up')).toHaveLength(1);
  });

  it('takes no file for the device', async () => {
    writeFileSync(join(root, 'dev/kmsg'), record(1));
    const events: SourceEvent[] = [];
    running = kmsgSource({ host: fakeHost(root, () => ({})), position: null, onPosition: () => undefined });
    await running.start((event) => events.push(event));
    expect(events).toMatchObject([{ type: 'down', why: `${join(root, 'dev/kmsg')} is not the kernel's log device` }]);
  });

  it('says that there is no device, with the real way of opening', async () => {
    const host: FakeHost = fakeHost(root, () => ({}));
    const events: SourceEvent[] = [];
    running = kmsgSource({ host, position: null, onPosition: () => undefined });
    await running.start((event) => events.push(event));
    expect(events).toMatchObject([{ type: 'down', why: `${join(root, 'dev/kmsg')} does not exist` }]);
  });
});
