import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Agent } from '../src/agent.ts';
import { formatTime, HOUR, MINUTE, SECOND, type Micros } from '../src/lib/time.ts';
import type { SourceEvent } from '../src/model/source-event.ts';
import type { Verdict } from '../src/model/verdict.ts';
import { logLineSchema, type LogLine } from '../src/outputs/log/line-schema.ts';
import { createLog } from '../src/outputs/log/log.ts';
import { History } from '../src/store/history.ts';
import { covered, exited, id, journal, started, T0, up } from './correlate/node.ts';
import { FakeClock } from './host/fake-host.ts';

const SOURCES = [
  { name: 'journal', kind: 'kernel-log', hides: 'kills' },
  { name: 'containerd', kind: 'exits', hides: 'exits' },
] as const;

interface Run {
  readonly agent: Agent;
  readonly history: History;
  hear(...events: readonly SourceEvent[]): void;
  turn(ms: number): Promise<void>;
  verdicts(): readonly Verdict[];
  said(event: string): readonly LogLine[];
}

describe('an agent that was away', () => {
  let dir: string;
  let now: Micros;
  const runs: Run[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-away-'));
    now = T0;
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map(({ agent }) => agent.close()));
    rmSync(dir, { recursive: true, force: true });
  });

  /** Another run on the same state. The one before it is left as a SIGKILL leaves it. */
  async function run(bootId = 'boot-1'): Promise<Run> {
    const clock = new FakeClock(now);
    const history = await History.open({ dir, timer: clock, bootId, onTrouble: () => undefined, onDamage: () => undefined });
    const lines: string[] = [];
    const log = createLog({ write: { write: (line) => lines.push(line) }, level: 'debug', nodeName: 'node1', now: () => clock.now() });
    const agent = new Agent({ clock, log, version: '1.2.3', settleMs: 3_000, sources: SOURCES, time: { timezone: null, year: null, before: null, bootTimeUs: null }, podMetrics: false, history });
    const one: Run = {
      agent,
      history,
      hear(...events) {
        for (const event of events) agent.hear(event);
      },
      async turn(ms) {
        await clock.turn(ms);
        await new Promise<void>((resolve) => { history.whenKept(resolve); });
        await clock.turn(1_000);
        now = clock.now();
      },
      verdicts: () => agent.store.verdicts({}).items,
      said: (event) => lines.map((line) => z.parse(logLineSchema, JSON.parse(line))).filter((line) => line.event === event),
    };
    runs.push(one);
    return one;
  }
  const readTo = (to: Micros, from: Micros | null = T0 - HOUR): SourceEvent[] => [up('journal'), covered(to, 'journal', from)];

  it('judges an exit that it saw and did not answer, though the runtime has forgotten it', async () => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'), started('app', { initPid: 100, podName: 'cart', podNamespace: 'shop' }), exited('app', T0, { podName: 'cart', podNamespace: 'shop' }));
    await new Promise<void>((resolve) => { first.history.whenKept(resolve); });
    expect(first.verdicts()).toEqual([]);
    now = T0 + MINUTE;
    const second = await run();
    second.hear(...journal({ at: T0 - 1_000, pid: 100 }), ...readTo(now), up('containerd'));
    await second.turn(4_000);
    expect(second.verdicts()).toMatchObject([{ cause: 'container-limit-oom', confidence: 'certain', container: { containerId: id('app'), podName: 'cart' } }]);
    expect(second.history.status().held.openExits).toBe(0);
  });

  it('joins a kill that it read to an exit that comes when no log holds the kill any more', async () => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'), started('app', { initPid: 100 }), ...journal({ at: T0, pid: 100 }));
    await first.turn(1_000);
    const second = await run();
    second.hear(...readTo(now + SECOND, now), up('containerd'), exited('app', T0 + 1_000));
    await second.turn(4_000);
    expect(second.verdicts()).toMatchObject([{ cause: 'container-limit-oom', confidence: 'certain' }]);
    expect([...first.said('oom.kill'), ...second.said('oom.kill')]).toHaveLength(1);
  });

  it('lets its answers stand where less can be seen than before, and says none twice', async () => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'), started('app', { initPid: 100 }), ...journal({ at: T0, pid: 100 }), exited('app', T0));
    await first.turn(4_000);
    const [before] = first.verdicts();
    const second = await run();
    // The journal is gone; the runtime lists the exit, stamped a little otherwise.
    second.hear({ type: 'down', source: 'journal', why: 'gone', cure: null }, up('containerd'), exited('app', T0 + 40_000));
    await second.turn(4_000);
    expect(second.verdicts()).toEqual([before]);
    expect(second.said('exit.verdict')).toEqual([]);
  });

  it('says an answer again that was kept and may not have been said, under the same id and revision', async () => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'), started('app', { initPid: 100 }), ...journal({ at: T0, pid: 100 }), exited('app', T0));
    await new Promise<void>((resolve) => { first.history.whenKept(resolve); });
    const second = await run();
    await second.turn(4_000);
    const told = (one: Run) => [...one.said('oom.kill'), ...one.said('exit.verdict')].map((line) => [line['why137.oom_kill.id'], line['why137.verdict.id'], line['why137.verdict.revision']]);
    expect(told(second)).toEqual(told(first));
    expect(told(second)).toHaveLength(2);
    const third = await run();
    await third.turn(4_000);
    expect(told(third)).toEqual([]);
  });

  it('says which containers ended while it was away and are forgotten, once, and keeps quiet of those that are not', async () => {
    const first = await run();
    const pods = ['gone', 'exited', 'lives', 'restarted', 'POD'];
    first.hear(...readTo(T0), up('containerd'), ...pods.map((name, index) => started(name, { initPid: 100 + index, podNamespace: 'shop', podName: `${name}-0` })), covered(T0, 'containerd'));
    await first.turn(31_000);
    const second = await run();
    second.hear(started('lives', { initPid: 102 }), started('restarted', { initPid: 900 }), started('gone'), exited('exited', now, { initPid: 101 }), up('containerd'), { type: 'down', source: 'journal', why: 'gone', cure: null });
    await second.turn(4_000);
    const gaps = second.said('source.gap');
    expect(gaps).toMatchObject([{ 'why137.source': 'containerd', 'why137.gap.from': formatTime(T0), msg: expect.stringContaining('forgotten') as unknown }]);
    expect(gaps[0]?.msg).toContain('shop/gone-0 gone, shop/restarted-0 restarted; how they ended is not known');
    const third = await run();
    third.hear(started('lives', { initPid: 102 }), started('restarted', { initPid: 900 }), up('containerd'), { type: 'down', source: 'journal', why: 'gone', cure: null });
    await third.turn(1_000);
    expect(third.said('source.gap')).toEqual([]);
  });

  it.each([
    ['the journal begins before it went', -MINUTE, []],
    ['the journal was vacuumed past it', HOUR, ['journal']],
  ])('states what of a journal it could not read any more: %s', async (_, begins, gaps) => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'));
    await first.turn(31_000);
    now = T0 + 2 * HOUR;
    const second = await run();
    second.hear(...readTo(now, T0 + begins), up('containerd'), exited('app', T0 + 30 * MINUTE, { initPid: null }));
    await second.turn(4_000);
    expect(second.said('source.gap').map((line) => line['why137.source'])).toEqual(gaps);
    const [verdict] = second.verdicts();
    expect(verdict).toMatchObject(gaps.length === 0 ? { cause: 'not-oom', blindSpots: [] } : { cause: 'unknown', confidence: 'possible', blindSpots: [{ source: 'journal', from: formatTime(T0), to: formatTime(T0 + begins) }] });
  });

  it('takes no process number of an earlier boot for one of this', async () => {
    const first = await run();
    first.hear(...readTo(T0), up('containerd'), started('before', { initPid: 100 }));
    await first.turn(1_000);
    const second = await run('boot-2');
    second.hear(...readTo(now), started('after', { initPid: 200 }), ...journal({ at: now, pid: 100, victim: '/elsewhere' }), up('containerd'));
    await second.turn(4_000);
    expect(second.said('oom.kill')).toMatchObject([{ 'process.pid': 100 }]);
    expect(second.said('oom.kill')[0]?.['container.id']).toBeUndefined();
    expect(second.said('source.gap').map(({ msg }) => msg)).toEqual([expect.stringContaining('before')]);
  });
});
