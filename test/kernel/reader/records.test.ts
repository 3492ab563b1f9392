import { describe, expect, it } from 'vitest';
import { RecordGatherer } from '../../../src/kernel/framing/record-gatherer.ts';
import { TextFraming } from '../../../src/kernel/framing/text-line.ts';
import { NO_TIME } from '../../../src/kernel/framing/wall-time.ts';
import { formatTimeOrNull } from '../../../src/lib/time.ts';
import { bytes, readBulk, readPlain } from './read.ts';

const KILL = 'Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0';
const pids = (lines: readonly string[]): (number | null)[] => {
  const plain = readPlain([bytes(lines)]);
  expect(readBulk([bytes(lines)])).toEqual(plain);
  return plain.map(({ victim }) => victim.pid);
};
const record = (fields: Record<string, unknown>): string => JSON.stringify(fields, null, 2);

describe('records over several lines', () => {
  it('have the time and the proof that their fields give', () => {
    const verbose = ['Mon 2026-11-23 18:43:25.870158 CET [s=ab;i=1;b=cd;m=5f5e100;t=65e0e9f0e0000;x=3]', '    _TRANSPORT=kernel', '    SYSLOG_FACILITY=0', `    MESSAGE=${KILL}`];
    const [kill] = readPlain([bytes(verbose)]);
    expect(kill).toMatchObject({ trust: 'kernel', time: formatTimeOrNull(0x65e0e9f0e0000) });
  });

  it('of programs, forged or cut, are no kills; the one cut at its end is', () => {
    const verbose = (fields: readonly string[]): string[] => ['Mon 2026-11-23 18:43:25 CET [s=ab;i=1;b=cd;m=1;t=2;x=3]', ...fields.map((field) => `    ${field}`)];
    expect(pids(verbose(['_TRANSPORT=syslog', `MESSAGE=${KILL}`]))).toEqual([]);
    expect(pids(verbose(['_TRANSPORT=kernel', 'SYSLOG_FACILITY=1', `MESSAGE=${KILL}`]))).toEqual([]);
    expect(pids([`    MESSAGE=${KILL}`])).toEqual([]);
    expect(pids(['__CURSOR=s=1', '_TRANSPORT=kernel', `MESSAGE=${KILL}`])).toEqual([7]);
    expect(pids([record({ _TRANSPORT: 'kernel', __CURSOR: '1', MESSAGE: KILL }).slice(0, -2)])).toEqual([7]);
  });

  it('keep a name that holds a newline', () => {
    const torn = KILL.replace('(x)', '(x\ny)');
    expect(pids(['__CURSOR=s=1', '_TRANSPORT=kernel', 'MESSAGE', `\u0081\0\0\0\0\0\0\0${torn}`, '', '__CURSOR=s=2', ''])).toEqual([7]);
    expect(readPlain([bytes(['__CURSOR=s=1', '_TRANSPORT=kernel', 'MESSAGE', `\u0081\0\0\0\0\0\0\0${torn}`])])[0]?.victim.comm).toBe('x\ny');
  });

  it('give way to lines that are none of theirs', () => {
    const lines = ['config:', '{', '  "a": 1,', '  "b": {', '[   12.345678] eth0: up', `[   12.345679] ${KILL}`];
    expect(pids(lines)).toEqual([7]);
    expect(new RecordGatherer().push('{ "a": 1 }')).toEqual(['{ "a": 1 }']);
  });

  it('in one line: arrays and streams, these oldest first', () => {
    expect(pids([JSON.stringify([{ MESSAGE: 'a', SYSLOG_IDENTIFIER: 'kernel' }, { MESSAGE: KILL, SYSLOG_IDENTIFIER: 'kernel' }])])).toEqual([7]);
    const chosen = 'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=x,pid=7,uid=0';
    const stream = { stream: {}, values: [['1795455805000000002', KILL], ['1795455805000000001', chosen]] };
    const kills = readPlain([bytes([JSON.stringify({ status: 'success', data: { result: [stream] } })])]);
    expect(kills.map(({ victim, victimCgroup }) => [victim.pid, victimCgroup])).toEqual([[7, '/a']]);
    expect(pids(['[1,2', '{"values": 3}', '[{"a":']) ).toEqual([]);
  });
});

describe('what others say of a kill', () => {
  it.each([
    ['an Event of Kubernetes', record({ involvedObject: { kind: 'Node' }, reason: 'OOMKilling', message: KILL })],
    ['the same in one line', JSON.stringify({ regarding: { kind: 'Node' }, note: '', message: KILL })],
    ['a unit', JSON.stringify({ MESSAGE: KILL, _SYSTEMD_UNIT: 'a.service' })],
    ['a program by its field', JSON.stringify({ message: KILL, process: { name: 'app' } })],
    ['a program by its facility', JSON.stringify({ message: KILL, facility: 'daemon' })],
    ['dmesg --json of user space', record({ pri: 12, time: 1.5, msg: KILL })],
    ["Talos's own", `user: warning: [2026-11-23T17:43:25.870158Z]: ${KILL}`],
    ["Android's programs", `11-23 17:43:25.870  1000  1234 W app     : ${KILL}`],
    ['a program behind a collector', `Nov 23 17:43:26 collector Nov 23 17:43:25 node1 app[7]: ${KILL}`],
    ['a program in a found file', `/var/log/messages:Nov 23 17:43:25 node1 app: ${KILL}`],
    ['a program that writes to /dev/kmsg', `[  100.000000] systemd-journald[200]: kernel: ${KILL}`],
    ['a program that quotes an uptime', `2026-11-23T17:43:25Z INFO seen: [  100.000000] ${KILL}`],
    ['a page about it', `He saw "${KILL}" in his log.`],
    ['a list of events', `- message: ${KILL}`],
    ['a quotation within a line', `- foo: "Nov 23 17:43:25 node1 kernel: ${KILL}"`],
  ])('%s is no kill', (_, line) => {
    expect(pids([line])).toEqual([]);
  });
});

describe('times', () => {
  const time = (line: string): unknown => {
    const framed = new TextFraming({ ...NO_TIME, timezone: 'UTC' }).frame(line);
    return 'line' in framed ? (framed.line.timeUs ?? framed.line.monotonicUs) : framed.drop;
  };
  const at = 1_795_455_805_000_000;

  it.each([
    ['with a space before the zone', `2026-11-23 18:43:25 +0100 x: {"message":${JSON.stringify(KILL)}}`, at],
    ['with slashes', `2026/11/23 17:43:25 node1 kernel: ${KILL}`, at],
    ['with the year first', `2026 Nov 23 17:43:25 node1 kernel: ${KILL}`, at],
    ['seconds', JSON.stringify({ time: 1_795_455_805, message: KILL }), at],
    ['milliseconds', JSON.stringify({ timestamp: 1_795_455_805_000, message: KILL }), at],
    ['an uptime', JSON.stringify({ pri: 4, time: 12.5, msg: KILL }), 12_500_000],
    ["a locale's month", `ноя 23 17:43:25 node1 kernel: ${KILL}`, null],
  ])('%s', (_, line, expected) => {
    expect(time(line)).toBe(expected);
  });
});

describe('a log that holds a kill twice', () => {
  const dmesg = (seconds: number): string => `[${seconds.toFixed(6).padStart(12)}] ${KILL}`;

  it('tells it once, and a kill like it at another time too', () => {
    expect(pids([dmesg(12), 'x', dmesg(12)])).toEqual([7]);
    expect(pids([dmesg(12), dmesg(99)].flatMap((line) => [line, 'reboot', '[    0.000000] Linux version 6.1.0']))).toEqual([7, 7]);
    expect(pids([dmesg(12), '[   13.000000] eth0: up', `Nov 23 17:43:25 node1 kernel: ${KILL}`])).toEqual([7]);
    expect(pids(['17', '18'].map((hour) => `Nov 23 ${hour}:43:25 node1 kernel: ${KILL}`))).toEqual([7, 7]);
  });
});
