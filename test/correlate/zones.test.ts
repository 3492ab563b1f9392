import { expect, it } from 'vitest';
import type { TimeContext } from '../../src/kernel/framing/wall-time.ts';
import { HOUR, parseTime, SECOND, type Micros } from '../../src/lib/time.ts';
import { covered, exited, killLines, Node, reading, type Killing } from './node.ts';

const zone = { name: 'Europe/Berlin' };
const time: Partial<TimeContext> = {
  year: null,
  get timezone() {
    return zone.name;
  },
};

/** A node with nothing but a syslog of local times without year or zone. */
function syslogNode(now: string): Node {
  zone.name = 'Europe/Berlin';
  const node = new Node({ sources: ['syslog'], time });
  node.now = parseTime(now) ?? 0;
  return node.ready('syslog');
}

/** A container is killed now; the log's words for now are `stamp`. */
function killed(node: Node, stamp: string, kill: Partial<Killing> = {}, name = 'app', initPid = 100): void {
  const lines = killLines({ at: node.now, pid: initPid, ...kill }).map((line) => `${stamp} node1 kernel: ${line}\n`);
  node.hear([covered(node.now - SECOND, 'syslog'), { type: 'text', source: 'syslog', begin: false, chunk: Buffer.from(lines.join('')) }]);
  node.hear([exited(name, node.now, { initPid, startedAt: new Date((node.now - 30 * SECOND) / 1_000).toISOString() })]).pass(10 * SECOND);
}
const times = (node: Node): (string | undefined)[] => [...node.kills.values()].map((kill) => kill.time?.slice(0, 19));

it('New Year without a year: the old one’s last line and the new one’s first', () => {
  const node = syslogNode('2026-12-31T22:58:00Z');
  killed(node, 'Dec 31 23:58:10', { headless: true, rssKb: 1 });
  node.pass(3 * 60 * SECOND);
  killed(node, 'Jan  1 00:01:20', { headless: true, rssKb: 2 }, 'next', 101);
  expect(times(node)).toEqual(['2026-12-31T22:58:10', '2026-12-31T23:01:20']);
  expect(['app', 'next'].map((name) => node.last(name)?.family)).toEqual(['cgroup-limit', 'cgroup-limit']);
});

it('29 February, and a look back at it', () => {
  const node = syslogNode('2028-02-29T10:00:00Z');
  killed(node, 'Feb 29 11:00:10');
  expect(times(node)).toEqual(['2028-02-29T10:00:10']);
  const later = syslogNode('2028-03-01T10:00:00Z');
  later.hear([{ type: 'text', source: 'syslog', begin: true, chunk: Buffer.from(killLines({ at: 0, pid: 5 }).map((line) => `Feb 29 11:00:10 node1 kernel: ${line}\n`).join('')) }]);
  expect(times(later)).toEqual(['2028-02-29T10:00:10']);
});

it('the hour that comes twice: each kill at its own time, and by its kill line alone, too', () => {
  // 25 October 2026: at 03:00 summer time it is 02:00 winter time, 01:00 UTC.
  const node = syslogNode('2026-10-25T00:30:00Z');
  killed(node, 'Oct 25 02:30:10', { headless: true, rssKb: 1 });
  node.pass(HOUR - 20 * SECOND);
  killed(node, 'Oct 25 02:30:00', { headless: true, rssKb: 2 }, 'again', 101);
  const [first, second] = times(node).map((text): Micros => parseTime(`${text ?? ''}Z`) ?? 0);
  expect(Math.round(((second ?? 0) - (first ?? 0)) / HOUR)).toBe(1);
  expect(['app', 'again'].map((name) => node.last(name)?.family)).toEqual(['cgroup-limit', 'cgroup-limit']);
});

it('the hour that does not come', () => {
  const node = syslogNode('2027-03-28T00:59:00Z');
  killed(node, 'Mar 28 01:59:10', { rssKb: 1 });
  node.pass(120 * SECOND);
  killed(node, 'Mar 28 03:01:20', { rssKb: 2 }, 'next', 101);
  expect(times(node)).toEqual(['2027-03-28T00:59:10', '2027-03-28T01:01:20']);
});

it('a zone that is set while the agent runs, known a while later', () => {
  const node = syslogNode('2026-11-23T10:00:00Z');
  killed(node, 'Nov 23 11:00:10', { headless: true, rssKb: 1 });
  // The log has the new zone at once; the agent asks for it after a while.
  killed(node, 'Nov 23 05:00:20', { headless: true, rssKb: 2 }, 'between', 101);
  zone.name = 'America/New_York';
  node.pass(30 * SECOND);
  killed(node, 'Nov 23 05:01:00', { headless: true, rssKb: 3 }, 'after', 102);
  expect(times(node)).toEqual(['2026-11-23T10:00:10', '2026-11-23T10:00:20', '2026-11-23T10:01:00']);
  expect(['app', 'between', 'after'].map((name) => node.last(name)?.family)).toEqual(['cgroup-limit', 'cgroup-limit', 'cgroup-limit']);
});

it('a line that is read late keeps the time that it says', () => {
  const node = syslogNode('2026-11-23T10:00:00Z');
  node.hear([reading(node.now, 0)]);
  killed(node, 'Nov 23 10:57:07');
  expect(times(node)).toEqual(['2026-11-23T09:57:07']);
});
