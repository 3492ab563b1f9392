import { expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import { covered, exited, journal, Node, SETTLE_US, syslog, T0, up } from './node.ts';

it.each([
  ['is up', up('syslog'), 'it holds nothing from before'],
  ['is not there', { type: 'down' as const, source: 'syslog', why: '/var/log/syslog does not exist', cure: null }, '/var/log/syslog does not exist'],
])('a log that tells late that it %s: exits that were answered before say why they were not seen', (_, word, why) => {
  const node = new Node({ sources: ['syslog'] }).pass(30 * SECOND).hear([exited('app', T0 + 20 * SECOND)]).pass(2 * SETTLE_US);
  expect(node.last()?.blindSpots.map((spot) => spot.why)).toEqual(['not started']);
  node.hear([word]).pass(2 * SETTLE_US);
  expect(node.last()).toMatchObject({ cause: 'unknown', blindSpots: [{ source: 'syslog', why }] });
  node.hear([up('syslog'), covered(T0 + 90 * SECOND, 'syslog', T0 + 30 * SECOND)]).pass(2 * SETTLE_US);
  expect(node.last()?.cause).toBe('unknown');
});

it('what a text alone has told is not final while the journal comes to it', () => {
  const end = T0 + 50 * SECOND;
  const kill = { at: end - SECOND / 10, pid: 100 };
  const node = new Node().ready('journal', 'syslog').pass(48 * SECOND);
  node.hear([covered(T0 + 40 * SECOND), ...syslog(kill), exited('app', end)]).pass(2 * SECOND).hear([covered(end + 9 * SECOND, 'syslog'), covered(T0 + 45 * SECOND)]).pass(2 * SETTLE_US);
  expect(node.last()).toMatchObject({ cause: 'container-limit-oom', confidence: 'likely', final: false });
  node.hear([...journal(kill), covered(end + 9 * SECOND)]).pass(2 * SETTLE_US);
  expect(node.last()).toMatchObject({ confidence: 'certain', final: true });
});

it('what a text alone has told is not final while the journal stands still, and may deliver yet', () => {
  const end = T0 + 50 * SECOND;
  const kill = { at: end - SECOND / 10, pid: 100 };
  const node = new Node().ready('journal', 'syslog').pass(48 * SECOND);
  node.hear([covered(T0 + 45 * SECOND), ...syslog(kill), exited('app', end), covered(end + 9 * SECOND, 'syslog')]).pass(90 * SECOND);
  expect(node.last()).toMatchObject({ cause: 'container-limit-oom', confidence: 'likely', final: false });
  node.hear([...journal(kill), covered(end + 90 * SECOND)]).pass(2 * SETTLE_US);
  expect(node.last()).toMatchObject({ confidence: 'certain', final: true });
});

it('what a text alone has told is final once the journal has lost what it had of it', () => {
  const end = T0 + 50 * SECOND;
  const node = new Node().ready('journal', 'syslog').pass(48 * SECOND);
  node.hear([covered(T0 + 45 * SECOND), ...syslog({ at: end - SECOND / 10, pid: 100 }), exited('app', end), covered(end + 9 * SECOND, 'syslog')]).pass(30 * SECOND);
  expect(node.last()?.final).toBe(false);
  node.hear([{ type: 'gap', source: 'journal', from: T0 + 45 * SECOND, to: end + 20 * SECOND, why: 'it was rotated away' }]).pass(2 * SETTLE_US);
  expect(node.last()).toMatchObject({ confidence: 'likely', final: true });
});

it('what a text alone has told is final where the journal has come to it, and holds nothing of it', () => {
  const end = T0 + 50 * SECOND;
  const node = new Node().ready('journal', 'syslog').pass(48 * SECOND);
  node.hear([...syslog({ at: end - SECOND / 10, pid: 100 }), exited('app', end), covered(end + 9 * SECOND, 'syslog'), covered(end + 9 * SECOND)]).pass(3 * SETTLE_US);
  expect(node.last()).toMatchObject({ confidence: 'likely', final: true });
});
