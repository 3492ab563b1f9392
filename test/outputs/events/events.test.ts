import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Agent } from '../../../src/agent.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { NO_TIME } from '../../../src/kernel/framing/wall-time.ts';
import { Backoff } from '../../../src/lib/backoff.ts';
import { formatTime, HOUR, MINUTE, SECOND } from '../../../src/lib/time.ts';
import { createEvents, type Events, type EventsOptions } from '../../../src/outputs/events/events.ts';
import { createLog, type Log } from '../../../src/outputs/log/log.ts';
import { History } from '../../../src/store/history.ts';
import { sayUntil } from '../../e2e/support/until.ts';
import { verdict } from '../../store/samples.ts';
import { ANSWERS, forbidden, startApiServer, whyNot, type FakeApiServer } from './fake-api-server.ts';

const cannot = whyNot();
if (cannot !== null) console.log(`Events against an HTTPS server: skipped, ${cannot}`);

describe.skipIf(cannot !== null)('against an API server', () => {
  let api: FakeApiServer;
  let events: Events;
  let lines: string[];
  let log: Log;

  const open = (changes: Partial<EventsOptions> = {}): Events =>
    createEvents({ server: api.server, clock: systemClock, log, nodeName: 'node-1', version: 'test', told: [], timeoutMs: 5_000, backoff: new Backoff(2, 20), ...changes });
  const ago = (us: number): string => formatTime(systemClock.now() - us);
  /** An exit of just now; so many seconds before where they are given. */
  const fresh = (id: string, seconds = 0, changes: Parameters<typeof verdict>[1] = {}) => verdict(id, { ...changes, exit: { finishedAt: ago(seconds * SECOND), ...changes.exit } });
  const name = (id: string): string => `shop/cart-7d9f.${id}`;
  const done = (): Promise<void> => sayUntil('nothing waits', () => events.counts().pending === 0);
  const written = (count: number): Promise<void> => sayUntil(`${count} written`, () => events.counts().written.create + events.counts().written.patch === count);

  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(async () => {
    await api.close();
  });
  beforeEach(() => {
    lines = [];
    log = createLog({ write: { write: (line) => lines.push(line) }, level: 'debug', nodeName: null, now: () => systemClock.now() });
    events = open();
  });
  afterEach(async () => {
    await events.close(100);
    api.events.clear();
    api.requests.length = 0;
  });

  it('creates, patches a crash loop and a late answer, over one connection', async () => {
    const before = api.connections();
    events.verdict(fresh('v1', 30));
    await written(1);
    events.verdict(fresh('v2', 10));
    await written(2);
    events.verdict(fresh('v3', 0, { cause: 'unknown', family: 'unknown', confidence: 'possible', summary: 'unknown: not read yet' }));
    await written(3);
    events.verdict(fresh('v3', 0, { revision: 2, cause: 'not-oom', family: 'outside', summary: 'not killed by the kernel for memory', runtimeAgrees: false }));
    await written(4);
    expect(api.connections() - before).toBe(1);
    expect([...api.events.keys()]).toEqual([name('v1'), name('v3')]);
    expect(api.events.get(name('v1'))).toMatchObject({ reason: 'OOMKilledByContainerLimit', count: 2, type: 'Warning', reportingComponent: 'why137', reportingInstance: 'node-1' });
    expect(api.events.get(name('v3'))).toMatchObject({ reason: 'KilledNotOOM', count: 1, message: 'Container app (exit 137): Kubernetes said OOMKilled, but it was not killed by the kernel for memory.' });
  });

  it('finds by 409 what an earlier run has written, and creates again what is forgotten', async () => {
    events.verdict(fresh('v1', 60));
    await written(1);
    await events.close(100);
    events = open();
    events.verdict(fresh('v1', 60, { revision: 2, summary: 'hit its own memory limit, 1 MiB of 1 MiB' }));
    await written(1);
    expect(events.counts().written).toEqual({ create: 0, patch: 1 });
    expect(api.events.size).toBe(1);
    expect(api.events.get(name('v1'))?.message).toContain('1 MiB of 1 MiB');
    api.events.clear();
    events.verdict(fresh('v2'));
    await written(2);
    expect(api.events.get(name('v1'))).toMatchObject({ count: 2 });
  });

  it('goes on with a crash loop after a restart, writes the last minutes once more, and nothing that is stale', async () => {
    await events.close(100);
    events = open({ told: [fresh('old', 50 * 60, { container: { podUid: 'other' } }), fresh('v2', 60), fresh('v1', 100)] });
    await written(1);
    expect([...api.events.entries()].map(([id, { count }]) => [id, count])).toEqual([[name('v1'), 2]]);
    events.verdict(fresh('v3'));
    await written(2);
    expect(api.events.get(name('v1'))?.count).toBe(3);
    events.verdict(verdict('stale', { container: { podUid: 'third' }, exit: { finishedAt: ago(HOUR + MINUTE) } }));
    await done();
    expect(api.events.size).toBe(1);
  });

  it('tries again after 500, 503 without words, 429, a cut, a torn answer', async () => {
    const cut = ANSWERS.cut();
    api.next(ANSWERS.status(500, { message: 'etcdserver: leader changed' }), ANSWERS.status(503), ANSWERS.status(429, {}, { 'retry-after': '0' }), cut, cut, cut, ANSWERS.torn());
    events.verdict(fresh('v1'));
    await written(1);
    expect(api.events.size).toBe(1);
    expect(events.counts().failed.get('server-error')).toBe(2);
    expect(events.counts().failed.get('throttled')).toBe(1);
    expect(events.counts().failed.get('unreachable')).toBeGreaterThan(1);
    expect(lines.filter((line) => line.includes('etcdserver: leader changed'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('written again');
  });

  it('waits for the time that a 429 names', async () => {
    api.next(ANSWERS.status(429, {}, { 'retry-after': '1' }));
    const begin = process.hrtime.bigint();
    events.verdict(fresh('v1'));
    await written(1);
    expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeGreaterThanOrEqual(990);
  });

  it('gives up on an answer that never comes, and asks again', async () => {
    await events.close(100);
    events = open({ timeoutMs: 100 });
    api.next(ANSWERS.hang());
    events.verdict(fresh('v1'));
    await written(1);
    expect(events.counts().failed.get('timeout')).toBeGreaterThan(0);
  });

  it('does not take a kept connection that was closed for trouble', async () => {
    events.verdict(fresh('v1', 20));
    await written(1);
    api.next(ANSWERS.cut());
    events.verdict(fresh('v2', 0));
    await written(2);
    expect([...events.counts().failed.values()].every((count) => count === 0)).toBe(true);
    api.dropConnections();
    events.verdict(fresh('v3', 0));
    await written(3);
  });

  it('takes the renewed token at once, and waits where it is not there yet', async () => {
    events.verdict(fresh('v1', 20));
    await written(1);
    api.rotateToken('second-token');
    events.verdict(fresh('v2', 10));
    await written(2);
    expect(events.counts().failed.get('unauthorized')).toBe(0);
    api.rotateToken('third-token', false);
    events.verdict(fresh('v3', 0));
    await sayUntil('it was refused', () => (events.counts().failed.get('unauthorized') ?? 0) > 0);
    api.writeToken('third-token');
    await written(3);
    expect(lines.filter((line) => line.includes('automountServiceAccountToken'))).toHaveLength(1);
  });

  it('says once what permission is wanting, and writes where it may', async () => {
    const undo = api.refuse('shop', forbidden('events is forbidden: User "system:serviceaccount:why137:why137" cannot create resource "events" in API group "" in the namespace "shop"'));
    for (const id of ['v1', 'v2', 'v3']) events.verdict(fresh(id, 0, { container: { podUid: id } }));
    events.verdict(fresh('other', 0, { container: { podNamespace: 'pay' } }));
    await written(1);
    expect([...api.events.keys()]).toEqual(['pay/cart-7d9f.other']);
    expect(events.counts().pending).toBe(3);
    const said = lines.filter((line) => line.includes('forbidden'));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/serviceaccount:why137:why137.*ClusterRoleBinding why137-events/);
    undo();
  });

  it('lets go of what a namespace that is gone or going does not take', async () => {
    const undo = api.refuse('shop', forbidden('unable to create new content in namespace shop because it is being terminated', 'NamespaceTerminating'));
    events.verdict(fresh('v1'));
    events.verdict(fresh('v2', 0, { container: { podUid: 'v2', podNamespace: 'nowhere' } }));
    events.verdict(fresh('v3', 0, { container: { podUid: 'v3', podNamespace: 'pay', podName: 'Not A Name' } }));
    await done();
    undo();
    expect(api.requests).toHaveLength(3);
    expect(Object.fromEntries(events.counts().dropped)).toMatchObject({ 'namespace-gone': 2, rejected: 1 });
    expect(lines.filter((line) => line.includes('422 Event is invalid'))).toHaveLength(1);
  });

  it('tells of an exit that the agent judged, once over a restart, and counts in the metrics', async () => {
    await events.close(100);
    const dir = mkdtempSync(join(tmpdir(), 'why137-events-'));
    const finishedAt = ago(0);
    const { containerId, podUid, podName, podNamespace, containerName } = verdict('c').container;
    const run = async (): Promise<void> => {
      const history = await History.open({ dir, timer: systemClock, bootId: 'b', onTrouble: (why) => { throw new Error(String(why)); }, onDamage: ({ why }) => { throw new Error(String(why)); } });
      events = open({ told: [...history.verdicts].filter((one) => history.isSaid(one)) });
      const agent = new Agent({ clock: systemClock, log, version: 'test', settleMs: 20, time: NO_TIME, podMetrics: false, history, events, sources: [{ name: 'containerd', kind: 'exits', hides: 'exits' }] });
      const identity = { containerId, podUid, podName, podNamespace, containerName, runtime: 'containerd', runtimeType: null, image: null, cgroup: null, initPid: 7, memoryLimitBytes: null, restartCount: 0 };
      agent.hear({ type: 'exit', source: 'containerd', exit: { ...identity, startedAt: ago(MINUTE), exitCode: 137, finishedAt, runtimeReason: 'OOMKilled' } });
      await written(1);
      await done();
      await agent.close();
      await events.close(100);
    };
    await run();
    expect([...api.events.values()]).toMatchObject([{ reason: 'ExitCauseUnknown', count: 1, message: expect.stringMatching(/^Container app \(exit 137\): unknown: the kernel log/) as unknown }]);
    await run();
    expect(api.events.size).toBe(1);
    expect(events.counts().written).toEqual({ create: 0, patch: 1 });
    rmSync(dir, { recursive: true });
  });
});
