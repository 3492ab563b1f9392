import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../src/lib/time.ts';
import type { SourceEvent } from '../src/model/source-event.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { cgroupOf, covered, exited, id, journal, Node, podPath, POD, reading, SETTLE_US, started, syslog, T0, up } from './correlate/node.ts';

const LIMIT = 49_152 * 1024;
const AT = T0 + 20 * SECOND;
const said = (verdict: Verdict | undefined) => verdict && [verdict.cause, verdict.confidence, verdict.victimRole, verdict.final];

describe('a kill and its exit', () => {
  it('are decided at once, from whichever comes second', () => {
    const kill = journal({ at: AT, pid: 100 });
    const exit = exited('app', AT + 100_000);
    for (const events of [[...kill, exit], [exit, ...kill]]) {
      const node = new Node().ready('journal').pass(10 * SECOND).hear(events);
      expect(said(node.last())).toEqual(['container-limit-oom', 'certain', 'pid1', true]);
      expect(node.given).toHaveLength(1);
      expect(node.given[0]?.latencyUs).toBe(0);
    }
  });

  it('give one answer in any order of arrival within the settle time', () => {
    const groups: SourceEvent[][] = [
      journal({ at: AT, pid: 100 }),
      syslog({ at: AT + 300_000, pid: 100 }, true),
      [exited('app', AT + 100_000)],
      [started('app', { initPid: 100, memoryLimitBytes: LIMIT, cgroup: cgroupOf('app') })],
      [exited('app', AT + 100_000, { initPid: null, podName: 'web-1', startedAt: null })],
      [reading(AT - 40 * SECOND, 4), reading(AT + SECOND, 5)],
      [covered(AT + SECOND)],
      [covered(AT + SECOND, 'syslog')],
    ];
    const answer = (order: readonly number[]): unknown => {
      const node = new Node().ready('journal', 'syslog').pass(10 * SECOND);
      for (const index of order) node.hear(groups[index] ?? []).pass(200_000);
      node.pass(2 * SETTLE_US);
      const { revision: _, ...verdict } = node.last()!;
      return { verdict, kills: [...node.kills.values()].map(({ sources, level, trust }) => ({ sources, level, trust })) };
    };
    const order = groups.map((_, index) => index);
    const first = answer(order);
    expect(first).toMatchObject({ verdict: { cause: 'container-limit-oom', confidence: 'certain', container: { podName: 'web-1' } }, kills: [{ sources: ['journal', 'syslog'], level: 'container', trust: 'kernel' }] });
    fc.assert(fc.property(fc.shuffledSubarray(order, { minLength: order.length }), (shuffled) => {
      expect(answer(shuffled)).toEqual(first);
    }), { numRuns: 200 });
  });

  it('take the last word of a runtime that corrects its reason', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear(journal({ at: AT, pid: 100 }));
    node.hear([exited('app', AT + 100_000, { runtimeReason: 'Error' })]);
    expect(node.last()).toMatchObject({ runtimeAgrees: false, revision: 1 });
    node.hear([exited('app', AT + 100_000, { runtimeReason: 'OOMKilled' })]);
    expect(node.last()).toMatchObject({ runtimeAgrees: true, revision: 2 });
    node.hear([exited('app', AT + 100_000, { runtimeReason: null })]);
    expect(node.last()).toMatchObject({ exit: { runtimeReason: 'OOMKilled' }, revision: 2 });
  });

  it('a late kill revises the answer', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear([exited('app', AT), covered(AT + SECOND)]).pass(2 * SETTLE_US);
    expect(said(node.last())).toEqual(['not-oom', 'likely', null, true]);
    node.hear(journal({ at: AT - 100_000, pid: 100 }));
    expect(said(node.last())).toEqual(['container-limit-oom', 'certain', 'pid1', true]);
    expect(node.given.map(({ verdict }) => verdict.revision)).toEqual([1, 2]);
    expect(new Set(node.given.map(({ verdict }) => verdict.id)).size).toBe(1);
  });

  it('without header are joined by PID 1’s pid, never to another', () => {
    const node = new Node().ready('journal').pass(10 * SECOND);
    node.hear([...journal({ at: AT, pid: 100, headless: true }), exited('app', AT + 100_000), exited('other', AT + 100_000, { initPid: 101 }), covered(AT + SECOND)]).pass(2 * SETTLE_US);
    expect(said(node.last())).toEqual(['cgroup-limit-oom', 'certain', 'pid1', true]);
    expect(said(node.last('other'))).toEqual(['not-oom', 'likely', null, true]);
  });

  it('whose pid is used again much later have nothing to do with each other', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear(journal({ at: AT, pid: 100, headless: true })).pass(120 * SECOND);
    node.hear([exited('app', AT + 120 * SECOND, { startedAt: null }), covered(AT + 121 * SECOND)]).pass(2 * SETTLE_US);
    expect(said(node.last())).toEqual(['not-oom', 'likely', null, true]);
  });

  it('without header and without PID 1’s pid leave it unknown', () => {
    const node = new Node().ready('journal').pass(10 * SECOND);
    node.hear([reading(AT - 60 * SECOND, 1), ...journal({ at: AT, pid: 555, headless: true }), exited('app', AT + 100_000, { initPid: null }), covered(AT + SECOND), reading(AT + SECOND, 2)]).pass(2 * SETTLE_US);
    expect(said(node.last())).toEqual(['unknown', 'possible', null, true]);
    // With the pid known it was not PID 1; a child may have been.
    node.hear([started('app', { initPid: 100 })]);
    expect(said(node.last())?.slice(0, 2)).toEqual(['not-oom', 'possible']);
  });

  it('a text log is never certain, and not believed where the kernel counted nothing', () => {
    const node = () => new Node().ready('syslog').pass(10 * SECOND).hear([reading(AT - 40 * SECOND, 4)]);
    const events = [...syslog({ at: AT, pid: 100 }, true), exited('app', AT + 100_000)];
    expect(said(node().hear(events).pass(2 * SETTLE_US).last())?.slice(0, 2)).toEqual(['container-limit-oom', 'likely']);
    expect(said(node().hear([...events, reading(AT + SECOND, 4)]).pass(2 * SETTLE_US).last())?.slice(0, 2)).toEqual(['not-oom', 'certain']);
    // A whole journal record in the text file proves no more.
    const pasted = journal({ at: AT, pid: 100 }).map((event): SourceEvent => ({ type: 'text', source: 'syslog', begin: false, chunk: Buffer.from(`${String('line' in event && event.line)}\n`) }));
    expect(said(node().hear([...pasted, exited('app', AT + 100_000)]).pass(2 * SETTLE_US).last())?.slice(0, 2)).toEqual(['container-limit-oom', 'likely']);
  });

  it('a real kill of minutes ago is no forgery because the count stands still now', () => {
    const node = new Node().ready('syslog').hear(syslog({ at: T0 + 5 * SECOND, pid: 777 }, true)).pass(300 * SECOND);
    node.hear([reading(T0 + 200 * SECOND, 1), exited('app', T0 + 300 * SECOND, { startedAt: null }), reading(T0 + 301 * SECOND, 1)]);
    expect(node.last()).toMatchObject({ cause: 'not-oom', confidence: 'certain', oomKills: [expect.any(String)] });
    expect(node.last()?.ruledOut[0]?.why).toContain('PID 1 lived on');
  });

  it('a report that a log’s rotation cut is one kill', () => {
    const lines = syslog({ at: AT, pid: 100 }, true);
    const node = new Node().ready('syslog').pass(10 * SECOND).hear(lines.slice(0, 3));
    const last = lines[3]!;
    node.hear([{ ...last, ...(last.type === 'text' ? { begin: true } : {}) }, exited('app', AT + 100_000)]).pass(2 * SETTLE_US);
    expect(node.last()?.oomKills).toHaveLength(1);
    expect(said(node.last())?.slice(0, 3)).toEqual(['container-limit-oom', 'likely', 'pid1']);
  });

  it('in a container inside this one, or in a cgroup it named like another, stay its own', () => {
    for (const below of [`/docker/${id('inner')}`, '/default/evil', `/cri-containerd-${id('victim')}.scope`]) {
      const node = new Node().ready('journal').pass(10 * SECOND);
      node.hear([...journal({ at: AT, pid: 555, victim: `${cgroupOf('app')}${below}`, limit: cgroupOf('app') }), exited('app', AT + 100_000), exited('victim', AT + 200_000, { initPid: 7 }), covered(AT + SECOND)]).pass(2 * SETTLE_US);
      expect(said(node.last())?.slice(0, 3), below).toEqual(['container-limit-oom', 'likely', 'child']);
      expect(node.last('victim')?.confidence).not.toBe('certain');
    }
  });

  it('PID 1 that takes minutes to die was killed all the same', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear(journal({ at: AT, pid: 100 })).pass(120 * SECOND);
    node.hear([exited('app', AT + 100 * SECOND, { startedAt: null }), covered(AT + 120 * SECOND)]);
    expect(said(node.last())).toEqual(['container-limit-oom', 'certain', 'pid1', true]);
  });
});

describe('the same container again', () => {
  it('each end has its own answer, and a kill belongs to one', () => {
    const node = new Node().ready('journal').pass(10 * SECOND);
    node.hear([started('app', { initPid: 100 }), exited('app', AT, { startedAt: null, initPid: null }), covered(AT + SECOND)]).pass(SECOND);
    node.hear([started('app', { initPid: 200, startedAt: '2026-11-23T17:43:46.000000Z' })]).pass(4 * SECOND);
    node.hear([...journal({ at: AT + 5 * SECOND, pid: 200 }), exited('app', AT + 5 * SECOND + 100_000, { startedAt: null, initPid: null }), covered(AT + 6 * SECOND)]).pass(2 * SETTLE_US);
    const byId = new Map(node.given.map(({ verdict }) => [verdict.id, verdict]));
    expect([...byId.values()].map((verdict) => [verdict.cause, verdict.container.initPid, verdict.victimRole])).toEqual([['not-oom', 100, null], ['container-limit-oom', 200, 'pid1']]);
  });
});

describe('no kill', () => {
  it('waits for the settle time, unless the count stands still', () => {
    const node = new Node().ready('syslog').pass(10 * SECOND).hear([exited('app', AT)]);
    expect(node.given).toEqual([]);
    node.pass(SETTLE_US - 1);
    expect(node.given).toEqual([]);
    node.pass(1);
    expect(said(node.last())?.slice(0, 2)).toEqual(['not-oom', 'likely']);

    const counted = new Node().ready('journal').pass(10 * SECOND).hear([reading(AT - 40 * SECOND, 4), exited('app', AT + 1), reading(AT + 1, 4)]);
    expect(said(counted.last())).toEqual(['not-oom', 'certain', null, true]);
  });

  it('is certain when the count and the kernel’s own lines agree', () => {
    const other = { victim: cgroupOf('other'), pid: 300 };
    const events = [reading(AT - 40 * SECOND, 4), exited('app', AT), reading(AT + SECOND, 5), covered(AT + SECOND)];
    expect(said(new Node().ready('journal').pass(10 * SECOND).hear([...journal({ at: AT - SECOND, ...other }), ...events]).last())).toEqual(['not-oom', 'certain', null, true]);
    // A line that anybody could have written does not stand in for one that was lost.
    const text = new Node().ready('journal', 'syslog').pass(10 * SECOND).hear([...syslog({ at: AT - SECOND, ...other }, true), ...events]).pass(2 * SETTLE_US);
    expect(text.last()?.confidence).not.toBe('certain');
  });

  it('where the kernel counted one that nobody read: unknown, with the numbers', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear([reading(AT - 40 * SECOND, 4), exited('app', AT), reading(AT + SECOND, 6), covered(AT + SECOND)]).pass(2 * SETTLE_US);
    expect(said(node.last())?.slice(0, 2)).toEqual(['unknown', 'possible']);
    expect(node.last()?.blindSpots).toEqual([{ source: 'ledger', from: '2026-11-23T17:43:05.000000Z', to: '2026-11-23T17:43:46.000000Z', why: 'the kernel counted 2 OOM kills, 0 could be read' }]);
    // The lines may be late; after a while they are lost.
    expect(node.gaps).toEqual([]);
    expect(node.pass(20 * SECOND).gaps).toEqual([expect.objectContaining({ counted: 2, parsed: 0 })]);
  });

  it('in a gap: unknown, with its times', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear([{ type: 'gap', source: 'journal', from: AT - SECOND, to: AT + SECOND, why: 'rotated away' }, exited('app', AT), covered(AT + 2 * SECOND)]).pass(2 * SETTLE_US);
    expect(said(node.last())?.slice(0, 2)).toEqual(['unknown', 'possible']);
    expect(node.last()?.blindSpots).toEqual([
      { source: 'journal', from: '2026-11-23T17:43:44.000000Z', to: '2026-11-23T17:43:46.000000Z', why: 'rotated away' },
      { source: 'syslog', from: null, to: null, why: 'not started' },
    ]);
    expect(node.last()?.summary).toContain('17:43:44');
  });

  it('with the source down, or none: unknown', () => {
    const down = new Node({ sources: ['journal'] }).hear([up('journal')]).pass(10 * SECOND).hear([{ type: 'down', source: 'journal', why: 'journalctl ended', cure: null }]).pass(10 * SECOND);
    down.hear([exited('app', AT)]).pass(2 * SETTLE_US);
    expect(said(down.last())).toEqual(['unknown', 'possible', null, false]);
    expect(down.last()?.blindSpots).toEqual([{ source: 'journal', from: '2026-11-23T17:43:35.000000Z', to: null, why: 'journalctl ended' }]);
    // It comes back and catches up.
    down.hear([up('journal'), covered(AT + 10 * SECOND, 'journal', AT - 3_600 * SECOND)]);
    down.pass(SECOND);
    expect(said(down.last())).toEqual(['not-oom', 'likely', null, true]);
    expect(said(new Node({ sources: [] }).hear([exited('app', AT)]).pass(2 * SETTLE_US).last())?.slice(0, 2)).toEqual(['unknown', 'possible']);
  });
});

describe('the pod’s limit', () => {
  const atPod = (limitKb: number): SourceEvent[] => journal({ at: AT, pid: 100, limit: podPath(), limitKb });
  const judged = (before: readonly SourceEvent[], limitKb: number, memoryLimitBytes: number | null) =>
    said(new Node().ready('journal').pass(10 * SECOND).hear([...before, ...atPod(limitKb), exited('app', AT + 100_000, { memoryLimitBytes })]).pass(2 * SETTLE_US).last())?.slice(0, 2);

  it('is the sole container’s where they are equal, to the page', () => {
    expect(judged([], 49_152, LIMIT)).toEqual(['container-limit-oom', 'certain']);
    // 500M: the kernel keeps whole pages.
    expect(judged([], 488_280, 500_000_000)).toEqual(['container-limit-oom', 'certain']);
  });

  it('is the pod’s where it is another, or another container lives', () => {
    expect(judged([], 98_304, LIMIT)).toEqual(['pod-limit-oom', 'certain']);
    expect(judged([started('sidecar')], 49_152, LIMIT)).toEqual(['pod-limit-oom', 'certain']);
  });

  it('is likely the sole container’s where its own is not known; sandboxes do not count', () => {
    expect(judged([started('pause', { containerName: 'POD' })], 49_152, null)).toEqual(['container-limit-oom', 'likely']);
  });
});

describe('what needs no answer', () => {
  it('a sandbox that is stopped, an exit with 0', () => {
    const node = new Node().ready('journal').pass(10 * SECOND).hear([exited('pause', AT, { containerName: 'POD' }), exited('fine', AT, { exitCode: 0 }), covered(AT + SECOND)]).pass(2 * SETTLE_US);
    expect(node.given).toEqual([]);
    node.hear(journal({ at: AT - 100_000, pid: 9, victim: cgroupOf('fine') }));
    expect(node.last('fine')).toMatchObject({ cause: 'program', confidence: 'certain', oomKills: [expect.any(String)] });
  });
});

it('an unrelated kill or exit changes nothing', () => {
  const scene = (more: readonly SourceEvent[]): unknown => {
    const node = new Node().ready('journal').pass(10 * SECOND);
    node.hear([...more, ...journal({ at: AT, pid: 100 }), exited('app', AT + 100_000), exited('gone', AT + 100_000, { initPid: 102 }), covered(AT + SECOND)]).pass(2 * SETTLE_US);
    return [node.last('app'), node.last('gone')].map((verdict) => [verdict?.cause, verdict?.confidence, verdict?.oomKills]);
  };
  const other = fc.record({ pid: fc.integer({ min: 1_000, max: 9_999 }), name: fc.constantFrom('x', 'y', 'z'), at: fc.integer({ min: -5_000, max: 5_000 }) }).map(({ pid, name, at }) => [
    ...journal({ at: AT + at * 1_000, pid, victim: cgroupOf(name, POD.replace('0a', '1b')), rssKb: pid }),
    exited(name, AT + at * 1_000, { initPid: pid, podUid: null }),
  ]);
  fc.assert(fc.property(fc.array(other, { maxLength: 6 }), (others) => {
    expect(scene(others.flat())).toEqual(scene([]));
  }), { numRuns: 60 });
});

it('counts every gap of a source, though it keeps the last ones only', () => {
  const node = new Node().ready('journal');
  for (let n = 0; n < 100; n += 1) node.hear([{ type: 'gap', source: 'journal', from: T0 + n, to: T0 + n, why: 'lost' }]);
  const journal = node.pipeline.sources(node.now).sources.find(({ name }) => name === 'journal');
  expect([journal?.gapCount, (journal?.gaps.length ?? 0) < 100]).toEqual([100, true]);
});
