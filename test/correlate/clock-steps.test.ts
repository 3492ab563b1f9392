import { describe, expect, it } from 'vitest';
import { DAY, HOUR, SECOND, type Micros } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { covered, exited, killLines, Node, reading, T0, type Killing } from './node.ts';

const STEPS: readonly (readonly [string, Micros])[] = [['an hour on', HOUR], ['an hour back', -HOUR], ['a year on', 365 * DAY], ['a year back', -365 * DAY]];

/** A node whose wall clock is set mid-run, while the kernel's own clock goes on. */
class SteppedNode {
  readonly node = new Node({ sources: ['journal'] }).ready('journal');
  #offset = 0;
  #kills = 0;

  /** So long nothing happens but what happens all the time. */
  quiet(us: Micros): this {
    for (let at = 0; at < us; at += SECOND) {
      this.node.pass(SECOND).hear([covered(this.node.now - SECOND)]);
      if (at % (10 * SECOND) === 0) this.node.hear([reading(this.node.now, this.#kills)]);
    }
    return this;
  }
  step(us: Micros): this {
    this.node.now += us;
    this.#offset += us;
    this.node.pipeline.clockSet(us);
    this.node.pipeline.advance(this.node.now);
    return this;
  }
  kill(killing: Omit<Killing, 'at'>): this {
    this.#kills += 1;
    const at = this.node.now;
    const monotonic = String(at - this.#offset - T0 + 9e9);
    const stamps = { __REALTIME_TIMESTAMP: String(at), __MONOTONIC_TIMESTAMP: monotonic, _SOURCE_MONOTONIC_TIMESTAMP: monotonic };
    this.node.hear(killLines({ ...killing, at }).map((MESSAGE): SourceEvent => ({ type: 'journal', source: 'journal', line: JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _BOOT_ID: 'b', _HOSTNAME: 'node1', ...stamps }) })));
    return this;
  }
  /** Ends now; `since` is when it started by the clock of then. */
  exit(startedAt: string | null = null): this {
    const now = this.node.now;
    this.node.hear([exited('app', now, { startedAt }), reading(now, this.#kills)]);
    return this;
  }
}

const said = (verdict: Verdict | undefined): unknown => verdict && [verdict.cause, verdict.confidence];

describe.each(STEPS)('the wall clock is set %s', (_, us) => {
  it.each([['with its report', false], ['with its kill line alone', true]])('a kill before and its exit after meet, %s', (__, headless) => {
    const { node } = new SteppedNode().quiet(100 * SECOND).kill({ pid: 100, headless }).step(us).exit().quiet(20 * SECOND);
    expect(node.last()?.family).toBe('cgroup-limit');
  });

  it('whoever is killed by somebody else then is not called killed by the kernel, nor cleared for certain without proof', () => {
    const { node } = new SteppedNode().quiet(100 * SECOND).step(us).exit().quiet(20 * SECOND);
    expect(['not-oom', 'unknown']).toContain(node.last()?.cause);
    if (us < 0) expect(node.last()?.confidence).not.toBe('certain');
  });

  it('a container that started before and is killed long after has its cause', () => {
    const started = new Date(T0 / 1_000).toISOString();
    const { node } = new SteppedNode().quiet(100 * SECOND).step(us).quiet(200 * SECOND).kill({ pid: 100 }).exit(started).quiet(20 * SECOND);
    expect(node.last()?.cause).toBe('container-limit-oom');
    const bare = new SteppedNode().quiet(100 * SECOND).step(us).quiet(200 * SECOND).kill({ pid: 100, headless: true }).exit(started).quiet(20 * SECOND);
    expect(bare.node.last()?.family).toBe('cgroup-limit');
  });

  it('soon after, everything is as before', () => {
    const { node } = new SteppedNode().quiet(100 * SECOND).step(us).quiet(200 * SECOND).exit().quiet(20 * SECOND);
    expect(said(node.last())).toEqual(['not-oom', 'certain']);
  });

  it('what was said before the step stays', () => {
    const { node } = new SteppedNode().quiet(100 * SECOND).kill({ pid: 100 }).exit().step(us).quiet(200 * SECOND);
    expect([said(node.last()), node.given.length]).toEqual([['container-limit-oom', 'certain'], 1]);
  });
});

it('a host that slept takes up where it was: what it did not live through is no gap, and no proof', () => {
  // The wall clock jumps, the kernel's stood still: to the agent, a step.
  const { node } = new SteppedNode().quiet(60 * SECOND).step(8 * HOUR).quiet(20 * SECOND).kill({ pid: 100 }).exit().quiet(20 * SECOND);
  expect(said(node.last())).toEqual(['container-limit-oom', 'certain']);
});

it('a leap second smeared over a day changes nothing', () => {
  // Half a second off at most, between clocks that smear and one that does not.
  for (const off of [-500_000, 500_000]) {
    const node = new Node({ sources: ['journal'] }).ready('journal').pass(100 * SECOND);
    node.hear([reading(node.now - 40 * SECOND, 4)]);
    const at = node.now;
    node.hear([...killLines({ at, pid: 100 }).map((MESSAGE): SourceEvent => ({ type: 'journal', source: 'journal', line: JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _BOOT_ID: 'b', __REALTIME_TIMESTAMP: String(at + off), __MONOTONIC_TIMESTAMP: '9000000000', _SOURCE_MONOTONIC_TIMESTAMP: '9000000000' }) })), exited('app', at), reading(at + SECOND, 5)]).pass(10 * SECOND);
    expect(said(node.last()), String(off)).toEqual(['container-limit-oom', 'certain']);
  }
});

it('a leap second itself is a time like any other', () => {
  const node = new Node({ sources: ['journal'] }).ready('journal').pass(10 * SECOND).hear([exited('app', T0, { finishedAt: '2026-12-31T23:59:60.500000Z', startedAt: null })]).pass(10 * SECOND);
  expect(node.last()?.exit.finishedAt).toBe('2026-12-31T23:59:60.500000Z');
});
