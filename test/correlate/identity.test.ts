import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { cgroupOf, covered, exited, id, journal, Node, podPath, reading, SETTLE_US, started, syslog, T0 } from './node.ts';

const AT = T0 + 100 * SECOND + 500_000;
const counted = (before: number, after: number): SourceEvent[] => [reading(AT - 40 * SECOND, before), reading(AT + 2 * SECOND, after), covered(AT + 2 * SECOND)];
const said = (verdict: Verdict | undefined) => verdict && [verdict.cause, verdict.confidence, verdict.victimRole];

function judged(events: readonly SourceEvent[]): Node {
  return new Node().ready('journal', 'syslog').pass(90 * SECOND).hear(events).pass(2 * SETTLE_US);
}

describe('a pid', () => {
  it('of a container that ended before tells nothing of a kill now', () => {
    const old = exited('old', AT - 60 * SECOND, { initPid: 555, exitCode: 1 });
    const node = judged([old, ...journal({ at: AT, pid: 555, headless: true }), exited('app', AT + 300_000), ...counted(4, 5)]);
    expect(said(node.last())).toEqual(['not-oom', 'possible', null]);
    expect(node.last('old')).toMatchObject({ cause: 'program', oomKills: [] });
  });

  it('joins where the cgroup names no container', () => {
    const node = judged([...journal({ at: AT, pid: 100, victim: '/garden/abc' }), exited('app', AT + 300_000), ...counted(4, 5)]);
    expect(said(node.last())).toEqual(['cgroup-limit-oom', 'certain', 'pid1']);
    const known = judged([...journal({ at: AT, pid: 100, victim: '/garden/abc' }), exited('app', AT + 300_000, { cgroup: '/garden/abc' })]);
    expect(said(known.last())).toEqual(['container-limit-oom', 'certain', 'pid1']);
  });

  it('that is not known leaves it open whose a kill in a cgroup was that names no container', () => {
    const kill = journal({ at: AT, pid: 100, victim: '/user.slice/user-1000.slice/session-1.scope' });
    const end = [covered(AT + SECOND), covered(AT + SECOND, 'syslog')];
    expect(said(judged([...kill, exited('app', AT + 300_000, { initPid: null, podUid: null }), ...end]).last())).toEqual(['unknown', 'possible', null]);
    // Where its own cgroup or PID 1 is known it was another's.
    for (const known of [{ initPid: 7 }, { initPid: null, cgroup: cgroupOf('app') }]) {
      expect(said(judged([...kill, exited('app', AT + 300_000, known), ...end]).last())).toEqual(['not-oom', 'likely', null]);
    }
  });

  it('does not join what the kernel says is of another container or pod', () => {
    for (const victim of [cgroupOf('other'), podPath('1b1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f')]) {
      expect(judged([...journal({ at: AT, pid: 100, victim }), exited('app', AT + 300_000), covered(AT + SECOND)]).last()).toMatchObject({ cause: 'not-oom', oomKills: [] });
    }
  });

  it('keeps its kill when a text names another container for it', () => {
    const node = judged([...journal({ at: AT, pid: 100, headless: true }), ...syslog({ at: AT, pid: 100, victim: cgroupOf('other') }, true), exited('app', AT + 300_000), ...counted(4, 5)]);
    expect(said(node.last())?.slice(1)).toEqual(['likely', 'pid1']);
    // Nor is a child's kill taken from those whose child it may have been.
    const child = judged([...journal({ at: AT, pid: 555, headless: true }), ...syslog({ at: AT, pid: 555, victim: cgroupOf('other') }, true), exited('app', AT + 300_000), ...counted(4, 5)]);
    expect(child.last()?.confidence).not.toBe('certain');
  });
});

describe('a limit', () => {
  it('of a node that is a container itself is one around its containers', () => {
    const outer = `/docker/${id('node')}`;
    const node = judged([...journal({ at: AT, pid: 100, victim: `${outer}${cgroupOf('app')}`, limit: outer }), exited('app', AT + 300_000)]);
    expect(said(node.last())).toEqual(['ancestor-limit-oom', 'certain', 'pid1']);
  });
});

describe('clocks', () => {
  it('that contradict do not undo an identity, but make it less sure', () => {
    for (const apart of [-60, -15, 40, 3_600]) {
      const node = judged([...journal({ at: AT, pid: 100 }), exited('app', AT + apart * SECOND, { startedAt: new Date((AT + apart * SECOND) / 1_000 - 5_000).toISOString() })]);
      expect(said(node.last()), String(apart)).toEqual(['container-limit-oom', 'likely', 'pid1']);
    }
  });

  it('an end in whole seconds was later than it says', () => {
    const at = AT - 500_000;
    const events = [reading(at - 40 * SECOND, 4), reading(at + 100_000, 4), exited('app', at), reading(at + 2 * SECOND, 5)];
    expect(judged([...events, ...syslog({ at: at + 200_000, pid: 100 }, true)]).last()).toMatchObject({ cause: 'container-limit-oom', confidence: 'likely' });
    expect(judged(events).last()?.cause).toBe('unknown');
  });
});

describe('lives of one id', () => {
  it('a kill is of the one whose PID 1 it hit', () => {
    const first = exited('app', AT + 100_000, { initPid: 100 });
    const second = exited('app', AT + 2_500_000, { initPid: 200, startedAt: new Date((AT + SECOND) / 1_000).toISOString() });
    for (const exits of [[first, second], [second, first]]) {
      const node = judged([...journal({ at: AT, pid: 100 }), ...exits, covered(AT + 4 * SECOND)]);
      const last = new Map(node.given.map(({ verdict }) => [verdict.container.initPid, said(verdict)]));
      expect([last.get(100), last.get(200)]).toEqual([['container-limit-oom', 'certain', 'pid1'], ['not-oom', 'likely', null]]);
    }
  });
});

describe('who else lives in the pod', () => {
  const kill = [...journal({ at: AT, pid: 100, limit: podPath() }), exited('app', AT + 100_000)];

  it('may be told late', () => {
    const node = judged(kill);
    expect(said(node.last())).toEqual(['container-limit-oom', 'likely', 'pid1']);
    node.hear([started('sidecar')]);
    expect(said(node.last())).toEqual(['pod-limit-oom', 'certain', 'pid1']);
  });

  it('is not who started only afterwards', () => {
    expect(judged(kill).hear([started('main', { startedAt: new Date(AT / 1_000 + 60_000).toISOString() })]).last()?.cause).toBe('container-limit-oom');
  });

  it('is known by the name of the pod where its uid is not', () => {
    const named = { podUid: null, podName: 'web-1', podNamespace: 'shop' };
    const events = [...journal({ at: AT, pid: 100, limit: podPath() }), exited('app', AT + 100_000, named)];
    expect(said(judged([started('sidecar', named), ...events]).last())).toEqual(['pod-limit-oom', 'certain', 'pid1']);
    expect(said(judged([started('sidecar', { ...named, podName: 'web-2' }), ...events]).last())).toEqual(['container-limit-oom', 'likely', 'pid1']);
  });
});

describe('in any order of arrival', () => {
  const at = (us: number): string => new Date((AT + us) / 1_000).toISOString();
  const ends = [[covered(AT + 4 * SECOND)], [reading(AT - 40 * SECOND, 1), reading(AT + 4 * SECOND, 2)]];
  const scenes: Readonly<Record<string, readonly (readonly SourceEvent[])[]>> = {
    'a sibling': [journal({ at: AT, pid: 100, limit: podPath() }), [exited('app', AT + 100_000)], [started('side', { initPid: 300, startedAt: at(-5_000_000) })], [exited('side', AT + 3 * SECOND, { initPid: 300 })], ...ends],
    'a second life': [journal({ at: AT, pid: 100 }), [exited('app', AT + 100_000)], [exited('app', AT + 2_500_000, { initPid: 200, startedAt: at(SECOND) })], ...ends],
    'a text that names another': [journal({ at: AT, pid: 100, headless: true }), syslog({ at: AT + 300_000, pid: 100, victim: cgroupOf('other') }, true), [exited('app', AT + 100_000)], [exited('other', AT + 200_000, { initPid: 7 })], ...ends],
    'a pid used again': [[exited('old', AT - 30 * SECOND, { initPid: 555 })], journal({ at: AT, pid: 555, headless: true }), [exited('app', AT + 300_000)], ...ends],
    'PID 1 told late': [journal({ at: AT, pid: 500 }), [exited('app', AT + 300_000, { initPid: null })], [started('app', { initPid: 100 })], ...ends],
  };

  it.each(Object.keys(scenes))('%s: the same answers', (name) => {
    const groups = scenes[name] ?? [];
    const order = groups.map((_, index) => index);
    const answers = (shuffled: readonly number[]): unknown => {
      const node = new Node().ready('journal', 'syslog').pass(95 * SECOND);
      for (const index of shuffled) node.hear(groups[index] ?? []).pass(100_000);
      node.pass(2 * SETTLE_US);
      return Object.fromEntries([...new Map(node.given.map(({ verdict: { revision: _, oomKills, ...verdict } }) => [verdict.id, { ...verdict, kills: oomKills.length }]))].sort());
    };
    const first = answers(order);
    fc.assert(fc.property(fc.shuffledSubarray(order, { minLength: order.length }), (shuffled) => {
      expect(answers(shuffled)).toEqual(first);
    }), { numRuns: 30 });
  });
});
