import { expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import { covered, exited, journal, Node, reading, syslog, T0, up } from './node.ts';

const HOUR = 3_600 * SECOND;

/** An hour of a quiet node, whose clock is then set back to its beginning: every time comes again. */
function setBack(): Node {
  const node = new Node().hear([up('journal'), up('syslog')]);
  for (let at = T0; at <= T0 + HOUR; at += 10 * SECOND) node.pass(at - node.now).hear([reading(at, 4), covered(at), covered(at, 'syslog')]);
  node.now = T0;
  return node.hear([reading(T0, 4)]);
}

it('counts read before the clock was set back say nothing of the same times afterwards', () => {
  const node = setBack().pass(600 * SECOND);
  // The kernel killed; the log was lost.
  node.hear([exited('app', node.now - 1), reading(node.now, 5)]).pass(5 * SECOND);
  expect(node.last()).not.toMatchObject({ cause: 'not-oom', confidence: 'certain' });
  // Of a text log alone, the kill is not taken for a forged one.
  const other = setBack().pass(600 * SECOND);
  other.hear([...syslog({ at: other.now, pid: 100 }, true), exited('app', other.now - 1), reading(other.now, 5)]).pass(5 * SECOND);
  expect(other.last()).toMatchObject({ cause: 'container-limit-oom' });
});

it('the count serves again soon after', () => {
  const node = setBack();
  for (let at = T0 + 10 * SECOND; at <= T0 + 200 * SECOND; at += 10 * SECOND) node.pass(at - node.now).hear([reading(at, 4)]);
  node.hear([exited('app', node.now - 1)]).hear([reading(node.now, 4)]);
  expect(node.last()).toMatchObject({ cause: 'not-oom', confidence: 'certain' });
});

it('what was read before is not proof of the same times afterwards, nor the other way round', () => {
  const node = setBack().hear([{ type: 'down', source: 'journal', why: 'gone', cure: null }, { type: 'down', source: 'syslog', why: 'gone', cure: null }]).pass(600 * SECOND);
  node.hear([exited('app', node.now - 1)]).pass(5 * SECOND);
  expect(node.last()).toMatchObject({ cause: 'unknown' });
  // An exit of the first time, heard of just after the clock was set: the second time says nothing of it.
  const late = setBack().hear([exited('app', T0 + HOUR - SECOND, { startedAt: null })]);
  for (let at = T0 + 10 * SECOND; at <= T0 + HOUR + 60 * SECOND; at += 10 * SECOND) late.pass(at - late.now).hear([reading(at, 4), covered(at)]);
  expect(late.last()).toMatchObject({ cause: 'unknown', blindSpots: [{ why: expect.stringContaining('clock was set back') as unknown }] });
});

it('kill lines of the first time are not counted for the second', () => {
  const twice = new Node().hear([up('journal')]);
  twice.pass(HOUR).hear([reading(T0 + HOUR, 4), ...journal({ at: T0 + 600 * SECOND, pid: 7, victim: '/other.slice' })]);
  twice.now = T0;
  for (let at = T0; at <= T0 + 600 * SECOND; at += 10 * SECOND) twice.pass(at - twice.now).hear([reading(at, 4), covered(at)]);
  // One kill was counted; its line was lost.
  twice.pass(2 * SECOND).hear([exited('app', twice.now - 1), reading(twice.now, 5), covered(twice.now + SECOND)]).pass(5 * SECOND);
  expect(twice.last()).toMatchObject({ cause: 'unknown' });
});
