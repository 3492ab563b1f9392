import { expect, it } from 'vitest';
import { join } from 'node:path';
import { replayRecording } from '../../src/commands/replay.ts';
import { KillBook } from '../../src/correlate/kill-book.ts';
import { HOUR, SECOND } from '../../src/lib/time.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';

const [REAL] = replayRecording(join(import.meta.dirname, '../recordings/container-limit-6.12-containerd'), 3 * SECOND).oomKills;

/** A real kill with another victim, so many seconds later. */
function kill(n: number, raw = REAL?.raw ?? []): OomKill {
  if (!REAL) throw new Error('the recording holds no kill');
  return { ...REAL, raw, id: `oom-${String(n)}`, victim: { ...REAL.victim, pid: 10_000 + n }, time: new Date(1_795_000_000_000 + n * 1_000).toISOString() };
}

it('keeps the newest kills, as many as may be', () => {
  const book = new KillBook(100, 100);
  for (let n = 0; n < 150; n += 1) book.add(kill(n), n * SECOND, 0);
  expect([49, 50, 149].map((n) => book.has(`oom-${String(n)}`))).toEqual([false, true, true]);
  expect(book.find(['pid 10000'])).toEqual([]);
});

it('keeps no more of them than memory allows, be their reports as long as they may', () => {
  const book = new KillBook(20_000, 2_000);
  const raw = ['x'.repeat(1024 * 1024)];
  for (let n = 0; n < 50; n += 1) book.add(kill(n, raw), n * SECOND, 0);
  expect([0, 18, 49].map((n) => book.has(`oom-${String(n)}`))).toEqual([false, false, true]);
  book.add(kill(50, ['x'.repeat(40 * 1024 * 1024)]), 50 * SECOND, 0);
  expect([49, 50].map((n) => book.has(`oom-${String(n)}`))).toEqual([false, true]);
});

it('keeps fewer of those heard of long ago', () => {
  const book = new KillBook(20_000, 2_000);
  const raw = ['x'.repeat(1024 * 1024)];
  for (let n = 0; n < 20; n += 1) book.add(kill(n, raw), n * SECOND, 0);
  expect(book.has('oom-0')).toBe(true);
  book.add(kill(20), 305 * SECOND, 0);
  expect([0, 4, 5, 19].map((n) => book.has(`oom-${String(n)}`))).toEqual([false, false, false, true]);
});

it('tells which moments it has forgotten kills of, also when the clock was set', () => {
  const begun = 1_795_000_000 * SECOND;
  const book = new KillBook(2, 2);
  for (let n = 0; n < 3; n += 1) book.add(kill(n), begun + n * SECOND, 0);
  expect([0, 5, 6].map((s) => book.forgotMomentOf(begun + s * SECOND, 0))).toEqual([true, true, false]);
  expect([0, 6].map((s) => book.forgotMomentOf(begun + s * SECOND - HOUR, -HOUR))).toEqual([true, false]);
  // A log may be made to tell of next year.
  const foretold = new KillBook(1, 1);
  foretold.add(kill(400 * 86_400), begun, 0);
  foretold.add(kill(2), begun + SECOND, 0);
  expect(foretold.forgotMomentOf(begun + 6 * SECOND, 0)).toBe(false);
});
