import { expect, it } from 'vitest';
import { HOUR, SECOND } from '../../../src/lib/time.ts';
import type { Answer } from '../../../src/outputs/events/answer.ts';
import { answerOf } from '../../../src/outputs/events/answer.ts';
import { EventsCounter } from '../../../src/outputs/events/counts.ts';
import type { Notice } from '../../../src/outputs/events/event.ts';
import { Publisher } from '../../../src/outputs/events/publisher.ts';
import { RateLimit } from '../../../src/outputs/events/rate-limit.ts';
import { Speaker } from '../../../src/outputs/events/speaker.ts';
import { FakeClock, settle } from '../../host/fake-host.ts';
import { forbidden } from './fake-api-server.ts';

const WRITTEN: Answer = { type: 'written' };
const later = (trouble: Extract<Answer, { type: 'later' }>['trouble'], afterMs: number | null = null): Answer => ({ type: 'later', trouble, why: 'so it is', afterMs });

/** A publisher on a clock that is turned, against a client that answers as told. */
function setUp({ answer = () => WRITTEN, maxPending = 500, rate = new RateLimit(1_000, 1_000) }: { answer?: (path: string) => Answer; maxPending?: number; rate?: RateLimit } = {}) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const lines: string[] = [];
  const counter = new EventsCounter();
  const speaker = new Speaker({ agent: (event, msg, _fields, level = 'info') => lines.push(`${level} ${event} ${msg}`) }, () => clock.now());
  const client = {
    send(method: 'POST' | 'PATCH', path: string, body: unknown) {
      const name = method === 'PATCH' ? path.split('/').at(-1) : /"name":"(\w+)"/.exec(JSON.stringify(body))?.[1];
      sent.push(`${method} ${name ?? ''}`);
      return Promise.resolve(answer(path));
    },
    close: () => undefined,
  };
  const publisher = new Publisher({ clock, nodeName: 'node-1', connect: () => Promise.resolve(client), counter, speaker, maxPending, rate, random: () => 1 });
  const notice = (name: string, namespace = 'shop', count = 1): Notice => ({
    name,
    subject: { namespace, podName: 'p', podUid: 'u', containerName: 'app' },
    reason: 'KilledNotOOM',
    message: 'm',
    cause: 'not-oom',
    confidence: 'certain',
    verdictId: 'v',
    count,
    firstUs: clock.now(),
    lastUs: clock.now(),
  });
  return { clock, sent, lines, counter, publisher, notice };
}

it('writes a burst at once and the rest at a bounded rate', async () => {
  const { clock, sent, publisher, notice } = setUp({ rate: new RateLimit(3, 2) });
  for (let n = 0; n < 10; n += 1) publisher.publish(notice(`e${n}`));
  expect(sent).toEqual([]);
  await clock.turn(0);
  expect(sent).toEqual(['POST e0', 'POST e1', 'POST e2']);
  await clock.turn(1_000);
  expect(sent).toHaveLength(5);
  await clock.turn(10_000);
  expect(sent).toHaveLength(10);
  expect(publisher.pending).toBe(0);
});

it('writes the last word of an Event once, and patches what it has written before', async () => {
  const { clock, sent, publisher, notice, counter } = setUp();
  for (const count of [1, 2, 3]) publisher.publish(notice('loop', 'shop', count));
  await clock.turn(0);
  publisher.publish(notice('loop', 'shop', 4));
  await clock.turn(0);
  expect(sent).toEqual(['POST loop', 'PATCH loop']);
  expect(counter.written).toEqual({ create: 1, patch: 1 });
});

it('drops what there is no room for, and says so once', async () => {
  const { clock, sent, lines, publisher, notice, counter } = setUp({ maxPending: 5 });
  for (let n = 0; n < 20; n += 1) publisher.publish(notice(`e${n}`));
  await clock.turn(0);
  expect(sent).toHaveLength(5);
  expect(counter.dropped.get('queue-full')).toBe(15);
  expect(lines).toEqual(['warn agent.events 1 Kubernetes Event dropped: more of them waited than are kept']);
});

it('waits longer and longer while the API server is away, tries every Event again, and gives up after an hour', async () => {
  let away = true;
  const { clock, sent, lines, publisher, notice, counter } = setUp({ answer: () => (away ? later('unreachable') : WRITTEN) });
  publisher.publish(notice('e1'));
  publisher.publish(notice('e2'));
  await clock.turn(63_000 / 2);
  expect(sent.length).toBeGreaterThanOrEqual(5);
  expect(sent.length).toBeLessThanOrEqual(6);
  expect(new Set(sent).size).toBe(2);
  away = false;
  await clock.turn(60_000);
  expect(publisher.pending).toBe(0);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^warn agent\.events Kubernetes Events cannot be written for now, 2 wait: so it is\. Cure: /);
  expect(lines[1]).toBe('info agent.events Kubernetes Events are written again');
  away = true;
  publisher.publish(notice('e3'));
  await clock.turn((2 * HOUR) / 1_000);
  expect(publisher.pending).toBe(0);
  expect(counter.dropped.get('expired')).toBe(1);
});

it('does as Retry-After says, within reason', async () => {
  const answers = [later('throttled', 7_000), later('throttled', 86_400_000)];
  const { clock, sent, publisher, notice } = setUp({ answer: () => answers.shift() ?? WRITTEN });
  publisher.publish(notice('e1'));
  await clock.turn(6_999);
  expect(sent).toHaveLength(1);
  await clock.turn(1);
  expect(sent).toHaveLength(2);
  await clock.turn(599_999);
  expect(sent).toHaveLength(2);
  await clock.turn(1);
  expect(sent).toHaveLength(3);
});

it('leaves a namespace that refuses aside, says it once with the cure, and goes on with the others', async () => {
  let refuses = true;
  const { clock, sent, lines, publisher, notice, counter } = setUp({ answer: (path) => (refuses && path.includes('/locked/') ? later('forbidden') : WRITTEN) });
  for (let n = 0; n < 50; n += 1) {
    publisher.publish(notice(`locked${n}`, 'locked'));
    publisher.publish(notice(`open${n}`, 'open'));
  }
  await clock.turn(0);
  expect(sent.filter((line) => line.includes('open'))).toHaveLength(50);
  expect(sent.filter((line) => line.includes('locked'))).toHaveLength(1);
  await clock.turn(50 * 60_000);
  expect(sent.filter((line) => line.includes('locked')).length).toBeLessThan(12);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/namespace locked\): so it is\. Cure: .*ClusterRoleBinding why137-events/);
  expect(counter.failed.get('forbidden')).toBeGreaterThan(3);
  refuses = false;
  await clock.turn(9 * 60_000);
  await clock.turn(10 * 60_000);
  expect(publisher.pending).toBe(0);
  expect((counter.dropped.get('expired') ?? 0) + counter.written.create).toBe(100);
});

it('asks little where everything is refused', async () => {
  const { clock, sent, lines, publisher, notice } = setUp({ answer: () => later('forbidden') });
  for (let n = 0; n < 100; n += 1) publisher.publish(notice(`e${n}`, 'shop'));
  await clock.turn(HOUR / 1_000);
  expect(sent.length).toBeLessThan(15);
  expect(lines.filter((line) => line.includes('Cure'))).toHaveLength(1);
});

it('drops what is never taken, and what waits when it is told to stop', async () => {
  const never: Answer = { type: 'never', reason: 'rejected', why: '422 reason: too long' };
  const { clock, lines, publisher, notice, counter } = setUp({ answer: (path) => (path.includes('/bad/') ? never : later('unreachable')) });
  publisher.publish(notice('e1', 'bad'));
  await clock.turn(0);
  expect(lines[0]).toBe('warn agent.events the API server did not take a Kubernetes Event: 422 reason: too long');
  publisher.publish(notice('e2'));
  await clock.turn(0);
  await publisher.close(2_000);
  publisher.publish(notice('e3'));
  expect(Object.fromEntries(counter.dropped)).toMatchObject({ rejected: 1, stopped: 2 });
});

it('writes what waits for its turn when it is told to stop, and no longer than allowed', async () => {
  const { clock, sent, publisher, notice } = setUp({ rate: new RateLimit(1, 0.01) });
  for (let n = 0; n < 5; n += 1) publisher.publish(notice(`e${n}`));
  await clock.turn(0);
  expect(sent).toHaveLength(1);
  const closed = publisher.close(2_000);
  await clock.turn(0);
  await closed;
  expect(sent).toHaveLength(5);
});

it('does not stand still when the clock is set back', async () => {
  const clock = new FakeClock();
  const rate = new RateLimit(1, 1);
  rate.take(clock.now());
  rate.take(clock.now());
  expect(rate.waitUs(clock.now() - HOUR)).toBeLessThanOrEqual(SECOND);
  await settle();
});

it.each([
  ['a create', 'POST', 201, {}, { type: 'written' }],
  ['a create of what is there', 'POST', 409, {}, { type: 'exists' }],
  ['a patch that met another', 'PATCH', 409, {}, { type: 'later', trouble: 'server-error' }],
  ['a patch of what is not there', 'PATCH', 404, {}, { type: 'missing' }],
  ['no permission', 'POST', 403, forbidden('events is forbidden: User "x" cannot create resource "events"'), { type: 'later', trouble: 'forbidden', why: '403 events is forbidden: User "x" cannot create resource "events"' }],
  ['a namespace that goes away', 'POST', 403, forbidden('unable to create new content', 'NamespaceTerminating'), { type: 'never', reason: 'namespace-gone' }],
  ['the same, said by an older server', 'POST', 403, forbidden('unable to create new content in namespace x because it is being terminated'), { type: 'never', reason: 'namespace-gone' }],
  ['a bad token', 'POST', 401, 'no JSON', { type: 'later', trouble: 'unauthorized' }],
  ['a bad Event', 'POST', 422, { message: 'too\nlong' }, { type: 'never', reason: 'rejected', why: '422 too long' }],
  ['a failing server', 'POST', 503, { message: 7 }, { type: 'later', trouble: 'server-error', afterMs: 2_000 }],
] as const)('understands the answer to %s', (_what, method, code, body, meant) => {
  expect(answerOf(method, code, typeof body === 'string' ? body : JSON.stringify(body), '2', 0)).toMatchObject(meant);
});

it('reads Retry-After as a date too', () => {
  const nowMs = Date.parse('2026-11-23T03:00:00Z');
  expect(answerOf('POST', 429, '', 'Mon, 23 Nov 2026 03:00:09 GMT', nowMs)).toMatchObject({ afterMs: 9_000 });
  expect(answerOf('POST', 429, '', 'soon', nowMs)).toMatchObject({ afterMs: null });
});
