import { describe, expect, it } from 'vitest';
import { SECOND, type Micros } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { cgroupOf, covered, exited, journal, killLines, Node, reading, SETTLE_US, T0, type Killing } from './node.ts';

const AT = T0 + 100 * SECOND;
const iso = (us: Micros): string => new Date(us / 1_000).toISOString();
const counted = (before: number, after: number): SourceEvent[] => [reading(AT - 40 * SECOND, before), reading(AT + 8 * SECOND, after), covered(AT + 8 * SECOND)];
const said = (verdict: Verdict | undefined) => verdict && [verdict.cause, verdict.confidence];

function judged(events: readonly SourceEvent[], node = new Node().ready('journal', 'syslog')): Node {
  return node.pass(90 * SECOND).hear(events).pass(2 * SETTLE_US);
}

describe('a pid that is used again within seconds', () => {
  const kill = journal({ at: AT, pid: 100, headless: true });
  const first = exited('first', AT + 200_000, { initPid: 100, startedAt: iso(AT - 60 * SECOND) });
  const second = (after: number): SourceEvent => exited('second', AT + after + SECOND, { initPid: 100, startedAt: iso(AT + after) });

  it.each([300_000, SECOND, 3 * SECOND])('is that of the container which lived when the kernel killed (the next starts after %i µs)', (after) => {
    for (const events of [[...kill, first, second(after)], [first, second(after), ...kill], [second(after), ...kill, first]]) {
      const node = judged([...events, ...counted(4, 5)]);
      expect(said(node.last('first'))).toEqual(['cgroup-limit-oom', 'certain']);
      expect(node.last('second')).toMatchObject({ cause: 'not-oom', oomKills: [] });
    }
  });

  it('of two kills, each has its own', () => {
    const node = judged([...kill, first, ...journal({ at: AT + 2 * SECOND, pid: 100, headless: true, rssKb: 7 }), exited('second', AT + 2 * SECOND + 200_000, { initPid: 100, startedAt: iso(AT + SECOND) }), ...counted(4, 6)]);
    expect([said(node.last('first')), said(node.last('second'))]).toEqual([['cgroup-limit-oom', 'certain'], ['cgroup-limit-oom', 'certain']]);
    expect(node.last('first')?.oomKills).not.toEqual(node.last('second')?.oomKills);
  });
});

it('an id that ctr uses again: each life has its own kill, also where the pid is the same', () => {
  const node = judged([
    ...journal({ at: AT, pid: 100 }), exited('app', AT + 100_000, { initPid: 100, startedAt: iso(AT - 9 * SECOND) }),
    exited('app', AT + 20 * SECOND, { initPid: 100, startedAt: iso(AT + 15 * SECOND) }), reading(AT - 40 * SECOND, 4), reading(AT + 21 * SECOND, 5), covered(AT + 21 * SECOND),
  ]);
  const last = new Map(node.given.map(({ verdict }) => [verdict.exit.finishedAt, verdict.cause]));
  expect([...last.values()]).toEqual(['container-limit-oom', 'not-oom']);
});

it('two boots whose clocks show the same: told apart by the boot', () => {
  const line = (boot: string, kill: Killing): SourceEvent[] => killLines(kill).map((MESSAGE) => ({ type: 'journal', source: 'journal', line: JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _BOOT_ID: boot, _HOSTNAME: 'node1', __REALTIME_TIMESTAMP: String(kill.at), __MONOTONIC_TIMESTAMP: '9000000', _SOURCE_MONOTONIC_TIMESTAMP: '9000000' }) }));
  const old = { at: AT - 50 * SECOND, pid: 100, victim: cgroupOf('old'), rssKb: 1 };
  const node = judged([...line('a', old), exited('old', AT - 50 * SECOND + 100_000), ...line('b', { at: AT, pid: 100, rssKb: 2 }), exited('app', AT + 100_000)]);
  expect([said(node.last('old')), said(node.last('app'))]).toEqual([['container-limit-oom', 'certain'], ['container-limit-oom', 'certain']]);
  expect([...node.kills.values()].map(({ bootId, time }) => [bootId, time?.slice(0, 19)])).toEqual([['a', iso(AT - 50 * SECOND).slice(0, 19)], ['b', iso(AT).slice(0, 19)]]);
});

describe('a text log', () => {
  const text = (host: string, kill: Killing): SourceEvent => ({ type: 'text', source: 'syslog', begin: false, chunk: Buffer.from(killLines(kill).map((line) => `${iso(kill.at)} ${host} kernel: ${line}\n`).join('')) });
  const textOnly = (): Node => new Node({ sources: ['syslog'] }).ready('syslog');
  const after = (): SourceEvent[] => [reading(AT - 40 * SECOND, 4), reading(AT + 2 * SECOND, 5), covered(AT + 2 * SECOND, 'syslog')];

  it('goes on under a new host name', () => {
    const before = text('node1', { at: AT - 30 * SECOND, pid: 7, victim: cgroupOf('other') });
    const node = judged([before, exited('other', AT - 30 * SECOND, { initPid: 7 }), text('new-name', { at: AT, pid: 100 }), exited('app', AT + 100_000), ...after()], textOnly());
    expect(node.last()?.cause).toBe('container-limit-oom');
  });

  it('holds the report whose lines stand under both names', () => {
    const lines = killLines({ at: AT, pid: 100 }).map((line, at) => `${iso(AT)} ${at < 2 ? 'node1' : 'new-name'} kernel: ${line}\n`);
    const node = judged([{ type: 'text', source: 'syslog', begin: false, chunk: Buffer.from(lines.join('')) }, exited('app', AT + 100_000), ...after()], textOnly());
    expect(node.last()?.cause).toBe('container-limit-oom');
  });

  it('of two machines: the other one’s reports are nobody’s here', () => {
    const node = judged([text('node1', { at: AT - 50 * SECOND, pid: 9, victim: cgroupOf('own') }), text('node2', { at: AT, pid: 100, victim: cgroupOf('elsewhere') }), exited('app', AT + 100_000), ...after()], textOnly());
    expect(node.last()).toMatchObject({ oomKills: [] });
  });

  it('of two machines: a kill line without its report may be the other one’s, and is not taken for ours', () => {
    const own = (at: Micros, pid: number): SourceEvent => text('node1', { at, pid, victim: cgroupOf(`own${String(pid)}`) });
    const before = [own(AT - 50 * SECOND, 7), text('node2', { at: AT - 45 * SECOND, pid: 8, headless: true }), own(AT - 40 * SECOND, 9)];
    const node = judged([...before, text('node2', { at: AT, pid: 100, headless: true }), exited('app', AT + 100_000), ...after()], textOnly());
    expect(node.last()?.family).not.toBe('cgroup-limit');
    expect(node.last()?.confidence).not.toBe('certain');
    const syslog = node.pipeline.sources(node.now).sources.find(({ name }) => name === 'syslog');
    expect(syslog?.dropped['of-another-machine']).toBe(1);
  });
});
