import { expect, it } from 'vitest';
import { MS, SECOND, type Micros } from '../../src/lib/time.ts';
import { covered, exited, journal, Node, reading, T0 } from '../correlate/node.ts';

it('of more exits than are kept, none makes room before its log was read, and whoever tells of them is to wait', () => {
  const MANY = 12_000;
  const node = new Node().ready('journal').pass(SECOND);
  const begun = node.now;
  const at = (n: number): Micros => begun + SECOND + n * 200;
  const pidOf = (n: number): number => n + 10;
  for (let n = 0; n < MANY; n += 1) {
    if (n % 50 === 0) node.hear([covered(begun - 2 * SECOND + n)]).pass(10 * MS);
    node.hear([exited(`c${n}`, at(n), { initPid: pidOf(n), podUid: null })]);
    expect(node.pipeline.isFull).toBe(n + 1 >= 10_000);
  }
  expect(node.given).toEqual([]);
  for (let n = 0; n < MANY; n += 1) {
    node.hear(journal({ at: at(n), pid: pidOf(n), victim: `/a/${String(n)}`, headless: true, rssKb: n }));
    if (n % 50 === 0) node.hear([covered(at(n))]).pass(10 * MS);
  }
  node.hear([covered(node.now + SECOND)]).pass(5 * SECOND);
  expect(node.pipeline.isFull).toBe(false);
  const causes = new Map(node.given.map(({ verdict }) => [verdict.container.containerId, verdict.cause]));
  expect(causes.size).toBe(MANY);
  expect(new Set(causes.values())).toEqual(new Set(['cgroup-limit-oom']));
  expect(node.given.length).toBe(MANY);
}, 180_000);

it('of a storm whose log is read slowly and now and then not at all, each has the cause that the kernel gave, and none another before', () => {
  const MANY = 4_000;
  const node = new Node().ready('journal').hear([reading(T0, 0)]).pass(40 * SECOND);
  const begun = node.now;
  const at = (n: number): Micros => begun + n * MS;
  const pidOf = (n: number): number => n + 1_000;
  let told = 0;
  let read = 0;
  while (read < MANY) {
    for (; told < MANY && at(told) <= node.now; told += 1) node.hear([exited(`c${told}`, at(told), { initPid: pidOf(told), podUid: null })]);
    node.hear([reading(node.now, told)]);
    // Read as fast as a hundred in a second, and not at all for five seconds of twenty.
    if ((node.now - begun) % (20 * SECOND) < 15 * SECOND) {
      for (let n = 0; n < 10 && read < told; n += 1, read += 1) node.hear(journal({ at: at(read), pid: pidOf(read), victim: `/a/${String(read)}`, headless: read % 10 !== 0, rssKb: read }));
      node.hear([covered(at(read) - MS)]);
    }
    node.pass(100 * MS);
  }
  node.hear([covered(node.now), reading(node.now, told)]).pass(10 * SECOND);
  const causes = new Map(node.given.map(({ verdict }) => [verdict.container.containerId, verdict.cause]));
  expect(causes.size).toBe(MANY);
  expect([...causes.values()].filter((cause) => !cause.endsWith('-limit-oom'))).toEqual([]);
  expect(node.given.filter(({ verdict }) => verdict.cause === 'not-oom')).toEqual([]);
}, 180_000);
