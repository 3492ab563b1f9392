import { expect, it } from 'vitest';
import type { Verdict } from '../../../src/model/verdict.ts';
import { eventName, eventOf } from '../../../src/outputs/events/event.ts';
import { EventBook } from '../../../src/outputs/events/event-book.ts';
import { at, verdict } from '../../store/samples.ts';

const crash = (id: string, seconds: number, changes: Partial<Omit<Verdict, 'container' | 'exit'>> = {}) => verdict(id, { ...changes, exit: { finishedAt: at(seconds) } });
const NOT_OOM = { cause: 'not-oom', family: 'outside', confidence: 'likely' } as const;

it('is a core/v1 Event on the pod', () => {
  const [notice] = new EventBook().tell(verdict('exit-ab0ace0f02f49e15'));
  expect(eventOf(notice!, 'node-1')).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: 'cart-7d9f.exit-ab0ace0f02f49e15',
      namespace: 'shop',
      annotations: { 'why137.cause': 'container-limit-oom', 'why137.confidence': 'certain', 'why137.verdict.id': 'exit-ab0ace0f02f49e15' },
    },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-7d9f', uid: '8f1c6a52-5f5e-4c0e-9d55-6a2a0a3f7b11', fieldPath: 'spec.containers{app}' },
    type: 'Warning',
    reason: 'OOMKilledByContainerLimit',
    message: 'Container app (exit 137): The container hit its own memory limit: 512 MiB used of 512 MiB.',
    count: 1,
    firstTimestamp: '2026-11-23T03:02:11Z',
    lastTimestamp: '2026-11-23T03:02:11Z',
    source: { component: 'why137', host: 'node-1' },
    reportingComponent: 'why137',
    reportingInstance: 'node-1',
  });
});

it('keeps its name within what Kubernetes allows', () => {
  const name = eventName(`${'a'.repeat(233)}.${'b'.repeat(19)}`, 'exit-ab0ace0f02f49e15');
  expect(name.length).toBeLessThanOrEqual(253);
  expect(name).toMatch(/^a+\.exit-ab0ace0f02f49e15$/);
});

it('needs a pod, and something worth telling', () => {
  const book = new EventBook();
  for (const unknown of [{ podName: null }, { podUid: null }, { podNamespace: null }]) expect(book.tell(verdict('v1', { container: unknown }))).toEqual([]);
  expect(book.tell(verdict('v2', { cause: 'program', family: 'program', exit: { code: 1 }, oomKills: [] }))).toEqual([]);
});

it('counts a crash loop in one Event, and begins another one after the window, for another reason, container or pod', () => {
  const book = new EventBook();
  const told = [0, 20, 60, 360].flatMap((seconds, n) => book.tell(crash(`v${String(n)}`, seconds)));
  expect(told.map(({ name, count }) => [name, count])).toEqual([1, 2, 3, 4].map((count) => ['cart-7d9f.v0', count]));
  expect(told[3]!.lastUs - told[3]!.firstUs).toBe(360_000_000);
  expect(told[3]!.verdictId).toBe('v3');
  expect(book.tell(crash('other-reason', 361, NOT_OOM))).toMatchObject([{ name: 'cart-7d9f.other-reason', count: 1 }]);
  expect(book.tell(verdict('other-container', { container: { containerName: 'sidecar' } }))).toMatchObject([{ name: 'cart-7d9f.other-container', count: 1 }]);
  expect(book.tell(verdict('other-pod', { container: { podUid: 'another' } }))).toMatchObject([{ count: 1 }]);
  expect(book.tell(crash('later', 360 + 3_601))).toMatchObject([{ name: 'cart-7d9f.later', count: 1 }]);
});

it('says an exit once, and what was told late in its place', () => {
  const book = new EventBook();
  expect(book.tell(crash('v1', 100))).toHaveLength(1);
  expect(book.tell(crash('v1', 100))).toEqual([]);
  expect(book.tell(crash('v0', 50))).toMatchObject([{ name: 'cart-7d9f.v1', count: 2, verdictId: 'v1', message: expect.stringContaining('its own memory limit') as unknown }]);
  expect(book.tell(crash('long-ago', -10_000))).toEqual([]);
});

it('words the same Event anew when late evidence changes the answer', () => {
  const book = new EventBook();
  book.tell(crash('v1', 0, { cause: 'unknown', family: 'unknown', confidence: 'possible', summary: 'unknown: not read yet' }));
  expect(book.tell(crash('v1', 0, { revision: 2 }))).toMatchObject([{ name: 'cart-7d9f.v1', count: 1, reason: 'OOMKilledByContainerLimit' }]);
  expect(book.tell(crash('v1', 0, { revision: 3, summary: 'hit its own memory limit, 1 MiB of 1 MiB' }))).toMatchObject([{ name: 'cart-7d9f.v1', message: expect.stringContaining('1 MiB of 1 MiB') as unknown }]);
  // The crash loop goes on under the new reason.
  expect(book.tell(crash('v2', 10))).toMatchObject([{ name: 'cart-7d9f.v1', count: 2 }]);
});

it('takes an exit out of its crash loop when its answer changes', () => {
  const book = new EventBook();
  for (const [n, seconds] of [0, 10, 20].entries()) book.tell(crash(`v${String(n)}`, seconds));
  const [loop, alone] = book.tell(crash('v0', 0, NOT_OOM));
  expect(loop).toMatchObject({ name: 'cart-7d9f.v0', count: 2, reason: 'OOMKilledByContainerLimit' });
  expect(loop!.lastUs - loop!.firstUs).toBe(10_000_000);
  expect(alone).toMatchObject({ name: 'cart-7d9f.v0-revised', count: 1, reason: 'KilledNotOOM' });
  expect(book.tell(crash('v2', 20, NOT_OOM))).toMatchObject([{ name: 'cart-7d9f.v0', count: 1 }, { name: 'cart-7d9f.v0-revised', count: 2 }]);
});

it('leaves a crash loop as it is when an Event of its own comes to the same answer', () => {
  const book = new EventBook();
  for (const [n, seconds] of [0, 10].entries()) book.tell(crash(`v${String(n)}`, seconds));
  book.tell(crash('v2', 20, NOT_OOM));
  expect(book.tell(crash('v2', 20))).toMatchObject([{ name: 'cart-7d9f.v2', count: 1, reason: 'OOMKilledByContainerLimit' }]);
  expect(book.tell(crash('v2', 20, { summary: 'hit its own memory limit, 1 MiB of 1 MiB' }))).toMatchObject([{ name: 'cart-7d9f.v2', count: 1 }]);
  expect(book.tell(crash('v3', 30))).toMatchObject([{ name: 'cart-7d9f.v0', count: 3 }]);
});

it('is the same for a run that hears it all again', () => {
  const run = () => {
    const book = new EventBook();
    return [0, 20, 60].flatMap((seconds, n) => book.tell(crash(`v${String(n)}`, seconds)));
  };
  expect(run()).toEqual(run());
});

it('holds a bounded number', () => {
  const book = new EventBook();
  for (let n = 0; n < 2_000; n += 1) book.tell(verdict(`v${String(n)}`, { container: { podUid: `pod-${String(n)}` } }));
  // The first is forgotten, the last is known.
  expect(book.tell(verdict('v1999', { container: { podUid: 'pod-1999' } }))).toEqual([]);
  expect(book.tell(verdict('v0', { container: { podUid: 'pod-0' } }))).toHaveLength(1);
});
