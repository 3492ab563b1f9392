import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { replayRecording } from '../../src/commands/replay.ts';
import { Why137Error } from '../../src/lib/errors.ts';
import { SECOND } from '../../src/lib/time.ts';
import { RecordedFiles } from '../../src/recording/files.ts';
import { timelineOf } from '../../src/recording/timeline.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function recording(files: Readonly<Record<string, string | Buffer>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'why137-recording-'));
  dirs.push(dir);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

const ID = 'a1'.repeat(32);
const NODE = JSON.stringify({ bootTime: '2026-11-23T17:40:17Z', timezone: 'UTC', year: 2026 });
const EXIT = JSON.stringify({ containerId: ID, exitCode: 137, finishedAt: '2026-11-23T17:43:25.870158Z', initPid: 597, startedAt: '2026-11-23T17:43:23Z' });
const CGROUP = `/kubepods/pod0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f/${ID}`;
const REPORT = [
  'dd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900',
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${CGROUP},task_memcg=${CGROUP},task=dd,pid=597,uid=0`,
  'Memory cgroup out of memory: Killed process 597 (dd) total-vm:207104kB, anon-rss:48688kB, file-rss:32kB, shmem-rss:0kB, UID:0 pgtables:136kB oom_score_adj:900',
];
const syslog = (end: string): string => REPORT.map((text) => `Nov 23 17:43:25 node1 kernel: ${text}${end}`).join('');
const kmsg = REPORT.map((text, at) => `4,${719 + at},${188_253_000 + at},-;${text}\n`).join('');
const dmesg = REPORT.map((text, at) => `[  188.25300${at}] ${text}\n`).join('');

const causes = (dir: string) => replayRecording(dir, 3 * SECOND).verdicts.map(({ cause, confidence, oomKills }) => [cause, confidence, oomKills.length]);

it.each([
  ['lived since before the recording', { startedAt: '2026-11-23T10:00:00Z' }, 'pod-limit-oom', 'certain'],
  ['lived, nobody knows since when', {}, 'pod-limit-oom', 'certain'],
  ['was started after the end', { startedAt: '2026-11-23T17:44:00Z' }, 'container-limit-oom', 'likely'],
])('at the limit of a pod of which another container %s', (_, more, cause, confidence) => {
  const podUid = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
  const atPod = kmsg.replace(`oom_memcg=${CGROUP}`, `oom_memcg=${CGROUP.replace(`/${ID}`, '')}`);
  const exit = JSON.stringify({ ...z.parse(z.looseObject({}), JSON.parse(EXIT)), podUid });
  const other = JSON.stringify({ containerId: 'b2'.repeat(32), podUid, containerName: 'second', ...more });
  expect(causes(recording({ 'kmsg.raw': atPod, 'recording.json': NODE, 'exits.ndjson': exit, 'containers.ndjson': other }))).toEqual([[cause, confidence, 1]]);
});

it.each([
  ['syslog', { syslog: syslog('\n') }, 'likely'],
  ['messages', { messages: syslog('\n') }, 'likely'],
  ['syslog with CRLF', { syslog: syslog('\r\n') }, 'likely'],
  ['gzipped', { 'syslog.gz': gzipSync(syslog('\n')) }, 'likely'],
  ['dmesg', { 'dmesg.txt': dmesg }, 'likely'],
  ['kmsg', { 'kmsg.raw': kmsg }, 'certain'],
  ['kmsg, dmesg and syslog: one kill', { 'kmsg.raw': kmsg, 'dmesg.txt': dmesg, syslog: syslog('\n') }, 'certain'],
] as const)('%s', (_, files, confidence) => {
  expect(causes(recording({ ...files, 'recording.json': NODE, 'exits.ndjson': `${EXIT}\r\n\r\n` }))).toEqual([['container-limit-oom', confidence, 1]]);
});

it('names every source of a kill that several files tell', () => {
  const { oomKills } = replayRecording(recording({ 'kmsg.raw': kmsg, 'dmesg.txt': dmesg, syslog: syslog('\n'), 'recording.json': NODE, 'exits.ndjson': EXIT }), 3 * SECOND);
  expect(oomKills.map(({ sources, trust }) => [sources, trust])).toEqual([[['dmesg.txt', 'kmsg.raw', 'syslog'], 'kernel']]);
});

it('tells the times of exits in UTC and microseconds, in their order', () => {
  const second = EXIT.replace(ID, 'b2'.repeat(32)).replace('2026-11-23T17:43:25.870158Z', '2026-11-23T19:43:24.5+02:00');
  const { verdicts } = replayRecording(recording({ 'exits.ndjson': `${EXIT}\n${second}\n` }), 3 * SECOND);
  expect(verdicts.map(({ exit }) => exit.finishedAt)).toEqual(['2026-11-23T17:43:24.500000Z', '2026-11-23T17:43:25.870158Z']);
});

it('without kernel log: unknown, and says why', () => {
  const { verdicts } = replayRecording(recording({ 'exits.ndjson': EXIT }), 3 * SECOND);
  expect(verdicts).toMatchObject([{ cause: 'unknown', blindSpots: [{ source: 'kernel-log' }] }]);
});

it('without times a kill is joined by identity all the same, and claims less', () => {
  expect(causes(recording({ syslog: syslog('\n'), 'exits.ndjson': EXIT }))).toEqual([['container-limit-oom', 'likely', 1]]);
});

it('before the first line of its logs: unknown', () => {
  const early = EXIT.replace('17:43:25', '16:43:25').replace('17:43:23', '16:43:23').replace(ID, 'b2'.repeat(32)).replace('597', '598');
  expect(causes(recording({ 'kmsg.raw': kmsg, 'recording.json': NODE, 'exits.ndjson': `${early}\n${EXIT}` }))).toEqual([['unknown', 'possible', 0], ['container-limit-oom', 'certain', 1]]);
});

it('with the kernel’s count: a line that it does not bear out is not believed', () => {
  const ledger = (first: number, second: number): string => `{"time":"2026-11-23T17:43:00Z","oomKill":${first}}\n{"time":"2026-11-23T17:43:30Z","oomKill":${second}}\n`;
  const files = { syslog: syslog('\n'), 'recording.json': NODE };
  const early = EXIT.replace('17:43:23Z', '17:43:10Z');
  expect(causes(recording({ ...files, 'exits.ndjson': early, 'ledger.ndjson': ledger(4, 5) }))).toEqual([['container-limit-oom', 'likely', 1]]);
  expect(causes(recording({ ...files, 'exits.ndjson': early, 'ledger.ndjson': ledger(4, 4) }))).toEqual([['not-oom', 'certain', 0]]);
});

it.each([
  ['recording.json', '{', 1, 'not valid JSON'],
  ['recording.json', '{"year":"x"}', 1, 'year cannot be "x": give a number'],
  ['recording.json', '{"year":26}', 1, 'year cannot be 26: give a year from 1970 to 9999'],
  ['recording.json', '{"timezone":"Mars/Olympus"}', 1, 'timezone cannot be "Mars/Olympus"'],
  ['recording.json', '{"bootTime":"2026-02-30T00:00:00Z"}', 1, 'bootTime'],
  ['recording.json', '{\n "year": 2026\n "kernel": "6.12"}', 3, 'not valid JSON'],
  ['recording.json', '{\n "year": 2026,\n kernel: "6.12"}', 3, 'not valid JSON'],
  ['exits.ndjson', EXIT.replace('"startedAt":"', '"startedAt":"about '), 1, 'startedAt cannot be "about '],
  ['exits.ndjson', `${EXIT}\n{"exitCode":1}\n`, 2, 'containerId'],
  ['exits.ndjson', `${EXIT}\n\nnonsense\n`, 3, 'not valid JSON'],
  ['exits.ndjson', EXIT.replace('2026-11-23T', 'yesterday '), 1, 'finishedAt'],
  ['exits.ndjson', EXIT.replace('137', '"137"'), 1, 'exitCode'],
  ['ledger.ndjson', '{"time":"2026-11-23T17:43:00Z"}', 1, 'oomKill'],
  ['ledger.ndjson', '{"time":"now","oomKill":1}', 1, 'time'],
  ['kernel.journal.json', '{"MESSAGE":"x"}', 1, '__REALTIME_TIMESTAMP'],
  ['kernel.journal.json', '{"MESSAGE":"x","__REALTIME_TIMESTAMP":""}', 1, '__REALTIME_TIMESTAMP'],
  ['kernel.journal.json', '[]', 1, '__REALTIME_TIMESTAMP'],
  ['units.journal.json', 'Nov 23', 1, 'not valid JSON'],
] as const)('an invalid %s is refused by file and line (%s)', (name, text, line, what) => {
  const dir = recording({ 'exits.ndjson': EXIT, [name]: text });
  const refused = (): unknown => timelineOf(new RecordedFiles(dir));
  expect(refused).toThrow(Why137Error);
  expect(refused).toThrow(`${join(dir, name)}:${line}:`);
  expect(refused).toThrow(what);
});

it('a directory that is none, that is empty, or a gzip that is none, is refused', () => {
  expect(() => new RecordedFiles('/nonexistent/recording')).toThrow('/nonexistent/recording');
  expect(() => timelineOf(new RecordedFiles(recording({})))).toThrow('holds nothing');
  expect(() => timelineOf(new RecordedFiles(recording({ 'syslog.gz': 'no' })))).toThrow('syslog');
  for (const files of [{}, { 'syslog.gz': 'no' }]) {
    try {
      timelineOf(new RecordedFiles(recording(files)));
    } catch (error) {
      expect(error).toMatchObject({ code: 'W137_RECORDING', exitStatus: 2 });
    }
  }
});
