import { describe, expect, it } from 'vitest';
import { CgroupBook, type CountedLife } from '../../src/correlate/cgroup-book.ts';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import { memoryEventsSchema, type MemoryEvents } from '../../src/model/memory-events.ts';
import type { Level } from '../../src/model/oom-kill.ts';
import { cgroupOf, id, podPath, T0 } from './node.ts';

const OWN = cgroupOf('app');
const POD = podPath();
const END = T0 + 500_000;
const LIFE = { containerId: id('app'), cgroup: OWN, startedUs: END - 600 * SECOND, finishedUs: END };
const LEVELS: Readonly<Record<string, Level>> = { [OWN]: 'container', [POD]: 'pod', '/kubepods/burstable': 'qos', '/kubepods': 'kubepods' };
const AROUND = ['/kubepods', '/kubepods/burstable', POD];

class Read {
  readonly book = new CgroupBook();

  one(secondsBeforeEnd: number, cgroup: string, kills: number, more: Partial<MemoryEvents> = {}): this {
    const containerId = cgroup === OWN ? id('app') : null;
    const hits = { limitHits: 0, limitHitsBelow: 0, inode: 7 };
    const time = formatTime(END - Math.round(secondsBeforeEnd * SECOND));
    this.book.read(memoryEventsSchema.parse({ time, cgroup, containerId, oomKill: kills, below: true, ...hits, ...more }), LEVELS[cgroup] ?? 'other');
    return this;
  }

  around(secondsBeforeEnd: number, more: Readonly<Record<string, Partial<MemoryEvents>>> = {}): this {
    for (const cgroup of AROUND) this.one(secondsBeforeEnd, cgroup, more[cgroup]?.oomKill ?? 0, more[cgroup]);
    return this;
  }

  view(life: Partial<CountedLife> = {}) {
    return this.book.view({ ...LIFE, ...life });
  }
}

/** A container read at its start and after its end. */
const both = (kills: number, more: Partial<MemoryEvents> = {}): Read => new Read().around(599).one(599, OWN, 0).one(-0.01, OWN, kills, more);

describe('whether the kernel killed in a container', () => {
  it.each([
    ['no', both(0), { state: 'none', killed: 0, of: 'container', whole: true, from: END - 599 * SECOND, limit: null }],
    ['yes', both(2), { state: 'some', killed: 2, of: 'container' }],
    ['a count of the cgroup alone (v1)', both(0, { below: false }), { state: 'none', whole: false }],
    ['only since the last reading but one', new Read().one(599, OWN, 0).one(60, OWN, 2).one(-0.01, OWN, 3), { state: 'some', killed: 1, from: END - 60 * SECOND }],
    ['not read after the end', new Read().one(599, OWN, 0).one(1, OWN, 0), { state: 'unknown' }],
    ['never read while it lived: whose count that is, is not known', new Read().one(-0.01, OWN, 0), { state: 'unknown' }],
    ['another of the same name since', both(0, { inode: 8 }), { state: 'unknown' }],
    ['gone: its pod tells', new Read().around(60).around(-0.01), { state: 'none', killed: 0, of: 'pod', whole: true }],
    ['gone: its pod tells of a kill', new Read().around(60, { [POD]: { oomKill: 4 } }).around(-0.01, { [POD]: { oomKill: 5 } }), { state: 'some', killed: 1, of: 'pod', from: END - 60 * SECOND }],
    ['gone, and its pod was not read before', new Read().around(5).around(-0.01), { state: 'unknown' }],
    ['gone, and the pod before was another', new Read().around(60, { [POD]: { oomKill: 4 } }).around(-0.01), { state: 'unknown' }],
    ['gone, and its pod counts itself alone (v1)', new Read().around(60, { [POD]: { below: false } }).around(-0.01, { [POD]: { below: false } }), { state: 'unknown' }],
  ])('%s', (_, read, expected) => {
    expect(read.view()).toMatchObject(expected);
  });

  it('readings of an earlier life by the same name say nothing', () => {
    const read = new Read().one(700, OWN, 1).one(599, OWN, 0, { inode: 8 }).one(-0.01, OWN, 1, { inode: 8 });
    expect(read.view()).toMatchObject({ state: 'some', killed: 1 });
  });

  it('of an id whose path nobody told: by the reading', () => {
    expect(both(1).view({ cgroup: null })).toMatchObject({ state: 'some', of: 'container' });
    expect(new Read().view()).toMatchObject({ state: 'unknown' });
  });

  it('a life shorter than what a kill may lie back: what was read while its own count stood still is from before', () => {
    const read = new Read().around(4).one(3.9, OWN, 0).around(-0.02, { [POD]: { oomKill: 1, limitHits: 1, limitHitsBelow: 1 } }).one(-0.01, OWN, 1);
    expect(read.view({ startedUs: END - 5 * SECOND })).toMatchObject({ state: 'some', limit: { level: 'pod', cgroup: POD } });
  });

  it('forgets when the wall clock is set back, and the oldest cgroups', () => {
    expect(both(1).one(3_600, '/other', 0).view()).toMatchObject({ state: 'unknown' });
    const read = both(1);
    for (let more = 0; more < 5_000; more += 1) read.one(-0.02, `/other/${String(more)}`, 0);
    expect(read.view()).toMatchObject({ state: 'unknown' });
  });

  it('keeps what it takes to compare, however often it is read', () => {
    const read = new Read().one(599, OWN, 0);
    for (let before = 500; before > 0; before -= 0.5) read.one(before, OWN, before > 100 ? 0 : 1);
    expect(read.one(-0.01, OWN, 1).view()).toMatchObject({ state: 'none' });
    expect(read.one(-0.02, OWN, 1).view()).toMatchObject({ state: 'none' });
  });
});

describe('whose limit was hit', () => {
  const hits = (more: Readonly<Record<string, Partial<MemoryEvents>>>, own: Partial<MemoryEvents> = {}) => both(1, own).around(-0.02, more).view().limit;
  it.each([
    ["the container's", hits({}, { limitHits: 1 }), { level: 'container', cgroup: OWN, exact: true }],
    ["the pod's", hits({ [POD]: { limitHits: 2 } }), { level: 'pod', cgroup: POD, exact: true }],
    ['that of its QoS class', hits({ '/kubepods/burstable': { limitHits: 1 } }), { level: 'qos', cgroup: '/kubepods/burstable', exact: true }],
    ['that of all pods', hits({ '/kubepods': { limitHits: 1 } }), { level: 'kubepods', cgroup: '/kubepods', exact: true }],
    ['none: the node', hits({}), { level: 'node', cgroup: null, exact: true }],
    ['two', hits({ [POD]: { limitHits: 1 } }, { limitHits: 1 }), null],
    ['one of them is not counted', hits({ [POD]: { limitHits: null } }, { limitHits: 1 }), null],
  ])('%s', (_, limit, expected) => {
    expect(limit).toEqual(expected);
  });

  it('of a container that is gone: what its pod counts below itself', () => {
    const gone = (pod: Partial<MemoryEvents>) => new Read().around(60).around(-0.02, { [POD]: { oomKill: 1, ...pod } }).view().limit;
    expect(gone({ limitHits: 0, limitHitsBelow: 1 })).toEqual({ level: 'container', cgroup: OWN, exact: true });
    expect(gone({ limitHits: 1, limitHitsBelow: 1 })).toEqual({ level: 'pod', cgroup: POD, exact: true });
    expect(gone({ limitHits: 0, limitHitsBelow: 0 })).toEqual({ level: 'node', cgroup: null, exact: true });
    expect(gone({ limitHits: 1, limitHitsBelow: 2 })).toBeNull();
  });

  it('cgroup v1: where the limit was met, and reclaim may have helped', () => {
    const v1 = { below: false, limitHits: null, limitHitsBelow: null };
    const read = new Read();
    for (const cgroup of AROUND) read.one(599, cgroup, 0, { ...v1, failcnt: 3 });
    read.one(599, OWN, 0, { ...v1, failcnt: 0 });
    for (const cgroup of AROUND) read.one(-0.01, cgroup, 0, { ...v1, failcnt: 3 });
    expect(read.one(-0.01, OWN, 1, { ...v1, failcnt: 9 }).view()).toMatchObject({ state: 'some', whole: false, limit: { level: 'container', exact: false } });
  });
});
