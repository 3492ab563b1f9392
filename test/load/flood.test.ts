import { expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import { cgroupOf, covered, exited, journal, Node, reading, T0 } from '../correlate/node.ts';

const MANY = 10_000;

it('10,000 kills and exits in ten seconds: each has its answer, in bounded memory', () => {
  const node = new Node().ready('journal').pass(10 * SECOND);
  const begin = performance.now();
  for (let at = 0; at < MANY; at += 1) {
    const time = T0 + 20 * SECOND + at * 1_000;
    node.pass(1_000);
    // Every third is a plain SIGKILL, every fifth kill has lost its header.
    if (at % 3 !== 0) node.hear(journal({ at: time, pid: at + 10, victim: cgroupOf(`c${at}`, podOf(at)), headless: at % 5 === 0, rssKb: 1_000 + at }));
    node.hear([exited(`c${at}`, time + 500, { initPid: at + 10, podUid: podOf(at) }), { type: 'covered', source: 'containerd', from: null, to: time }]);
    // The agent has the count read at every exit.
    node.hear([reading(time + 600, at - Math.floor(at / 3))]);
    if (at % 500 === 0) node.hear([covered(time)]);
  }
  // In a flood the waiting take turns.
  node.hear([covered(node.now + SECOND)]).pass(120 * SECOND);
  const seconds = (performance.now() - begin) / 1_000;
  const last = new Map(node.given.map(({ verdict }) => [verdict.container.containerId, verdict.cause]));
  const count = (cause: string): number => [...last.values()].filter((one) => one === cause).length;
  console.log(`flood: ${MANY} exits in ${seconds.toFixed(1)} s, ${node.given.length} verdicts given`);
  expect(last.size).toBe(MANY);
  expect(count('container-limit-oom') + count('cgroup-limit-oom')).toBe(Math.floor((MANY * 2) / 3));
  expect(count('not-oom') + count('unknown')).toBe(Math.ceil(MANY / 3));
  // Quadratic would take much longer than the test may; the rest is the machine's business.
}, 180_000);

it('a past of 10,000 exits, told at once: none is forgotten without an answer', () => {
  const node = new Node().ready('journal');
  const begin = performance.now();
  for (let at = 0; at < MANY; at += 1) node.hear([exited(`c${at}`, T0 - at * SECOND, { initPid: null, podUid: null })]);
  node.pass(120 * SECOND);
  console.log(`flood: ${MANY} past exits in ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  expect(new Set(node.given.map(({ verdict }) => verdict.container.containerId)).size).toBe(MANY);
}, 180_000);

it('kills that nobody’s exit follows are bounded too', () => {
  const node = new Node().ready('journal');
  const begin = performance.now();
  for (let at = 0; at < MANY; at += 1) node.hear(journal({ at: T0 + at * 1_000, pid: at + 10, headless: true, rssKb: at }));
  console.log(`flood: ${MANY} nameless kills in ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  expect(node.kills.size).toBe(MANY);
  node.hear([exited('app', T0 + 9 * SECOND, { initPid: 9_005 })]);
  expect(node.last()?.cause).toBe('cgroup-limit-oom');
}, 180_000);

function podOf(at: number): string {
  return `0a1b2c3d-0a1b-0a1b-0a1b-${String(at).padStart(12, '0')}`;
}
