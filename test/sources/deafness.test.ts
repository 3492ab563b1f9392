import { expect, test } from 'vitest';
import { Deafness } from '../../src/sources/deafness.ts';
import { FakeClock } from '../host/fake-host.ts';

/** A list that says what it is told to; how often it was asked. */
function begin() {
  const clock = new FakeClock();
  const list = { unheard: new Set<string>(), asked: 0 };
  const deafness = new Deafness(clock, () => {
    list.asked += 1;
    return Promise.resolve(new Set(list.unheard));
  }, 60_000);
  const heartbeat = async (times = 1): Promise<void> => {
    for (let at = 0; at < times; at += 1) {
      await clock.turn(10_000);
      await deafness.look();
    }
  };
  return { clock, list, deafness, heartbeat };
}

test('asks once a minute while all is well, and twice where something was not told', async () => {
  const { list, heartbeat } = begin();
  await heartbeat(18);
  expect(list.asked).toBe(3);
  list.unheard.add('a');
  await heartbeat(6);
  await expect(heartbeat()).rejects.toThrow('it has told nothing of 1 container(s) that started or ended (a)');
  expect(list.asked).toBe(5);
});

test('one that brings events meanwhile is behind, not deaf', async () => {
  const { list, deafness, heartbeat } = begin();
  list.unheard.add('a');
  const untilAsked = async (): Promise<void> => {
    for (const before = list.asked; list.asked === before; ) await heartbeat();
  };
  for (let times = 0; times < 5; times += 1) {
    await untilAsked();
    deafness.event();
  }
  await untilAsked();
  await expect(heartbeat()).rejects.toThrow('hangs');
});

test('what was told between two looks is none, whatever else is new by then', async () => {
  const { list, heartbeat } = begin();
  list.unheard.add('a');
  await heartbeat(6);
  list.unheard.clear();
  list.unheard.add('b');
  await heartbeat();
  list.unheard.clear();
  await heartbeat(20);
});

test('a clock that was set back does not put it off', async () => {
  const { clock, list, heartbeat } = begin();
  clock.setBack(3_600_000);
  await heartbeat();
  expect(list.asked).toBe(1);
});
