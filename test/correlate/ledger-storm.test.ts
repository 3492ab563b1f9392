import { expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import { covered, journal, Node, reading, T0 } from './node.ts';

/** Kills one after the other; the lines are stamped late by what a busy machine takes to read them. */
function storm(lost: number): Node {
  const node = new Node({ sources: ['journal'] }).ready('journal');
  for (let at = 0; at < 400; at += 1) {
    node.pass(50_000).hear([reading(node.now, at)]);
    if (at >= lost) node.hear([...journal({ at: node.now + 700_000, pid: at + 10, headless: true, rssKb: at }), covered(node.now)]);
  }
  node.pass(SECOND).hear([reading(node.now, 400)]).pass(20 * SECOND).hear([reading(node.now, 400)]).pass(20 * SECOND);
  return node;
}

it('lines that come late in a storm are no gap', () => {
  const node = storm(0);
  expect(node.now).toBeGreaterThan(T0);
  expect(node.gaps).toEqual([]);
});

it('lines that never come are one', () => {
  expect(storm(7).gaps).toMatchObject([{ counted: 400, parsed: 393 }]);
});
