import { expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import { covered, exited, Node, SETTLE_US, T0, up } from './node.ts';

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
