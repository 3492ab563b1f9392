import { expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/lib/time.ts';
import { cgroupOf, covered, exited, id, journal, Node, type Killing } from '../correlate/node.ts';

const kill = (n: number, at: number): Killing => ({ at, pid: 1_000 + n, victim: cgroupOf(`c${String(n)}`), rssKb: 1_000 + n });

it('an exit told of so late that the kills of its time are forgotten is unknown, and says why', () => {
  const node = new Node({ sources: ['journal'] }).ready('journal');
  const { now } = node;
  for (let n = 0; n < 6_000; n += 1) node.hear(journal(kill(n, now)));
  node.hear([covered(now + SECOND)]).pass(6 * MINUTE);
  node.hear([...journal(kill(6_000, node.now)), covered(node.now)]);
  // A runtime that hung tells what it had not told.
  node.hear([exited('c0', now + SECOND, { initPid: 1_000 }), exited('c5999', now + SECOND, { initPid: 6_999 }), exited('innocent', node.now - MINUTE, { initPid: 9 })]).pass(10 * SECOND);
  expect(node.kills.size).toBe(6_001);
  expect(node.last('c0')).toMatchObject({ cause: 'unknown', container: { containerId: id('c0') }, blindSpots: [{ source: 'kernel-log', from: null, to: null }] });
  expect(node.last('c0')?.blindSpots[0]?.why).toMatch(/made room for later ones/);
  expect(node.last('c5999')).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
  expect(node.last('innocent')).toMatchObject({ cause: 'not-oom', blindSpots: [] });
});
