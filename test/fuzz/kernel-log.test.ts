import { expect, it } from 'vitest';
import { collectKills, JournalReader, KmsgReader } from '../../src/kernel/reader/record-reader.ts';
import { readCgroupPath } from '../../src/kernel/cgroup/cgroup-path.ts';
import { oomKillSchema, type OomKill } from '../../src/model/oom-kill.ts';
import { CONTEXT, readBulk, readPlain } from '../kernel/reader/read.ts';
import { fuzz } from './support/fuzz.ts';
import { fromRecordings, headOf, messagesOf, recorded } from './support/seeds.ts';
import { KERNEL_TOKENS } from './support/tokens.ts';

/** Valid, no more of them than lines, and not longer in all than what they were made of many times over. */
function fit(kills: readonly OomKill[], input: Uint8Array): void {
  for (const kill of kills) expect(oomKillSchema.safeParse(kill)).toMatchObject({ success: true });
  expect(kills.length).toBeLessThanOrEqual(linesOf(input).length + 1);
}

function linesOf(input: Uint8Array): readonly string[] {
  return Buffer.from(input).toString('utf8').split('\n');
}

const journals = fromRecordings('kernel.journal.json.gz', 24_000);
const messages = journals.map(messagesOf);
const kmsg = messages.map((lines) => lines.map((text, at) => `4,${1000 + at},${100_000_000 + at * 1000},-;${text}`).join('\n'));
const dmesg = messages.map((lines) => lines.map((text, at) => `[${(100 + at / 1000).toFixed(6).padStart(12)}] ${text}`).join('\n'));
const syslog = headOf(recorded('6.12-v2-syslog', 'syslog.gz'), 24_000);

fuzz({
  name: 'text log',
  seeds: [syslog, ...dmesg, ...kmsg, ...journals],
  tokens: KERNEL_TOKENS,
  check(input) {
    const kills = readPlain([input]);
    fit(kills, input);
    expect(readBulk([input.subarray(0, input.length >> 1), input.subarray(input.length >> 1)])).toEqual(kills);
  },
});

fuzz({
  name: 'journal records',
  seeds: journals,
  tokens: [...KERNEL_TOKENS, '"_TRANSPORT":"kernel"', '"MESSAGE":[75,105,108]', '"MESSAGE":null', '"__REALTIME_TIMESTAMP":"', '"_BOOT_ID":"', '{}', '[]', 'null'],
  check(input) {
    const kills: OomKill[] = [];
    const reader = new JournalReader('test', collectKills((kill) => kills.push(kill)));
    for (const line of linesOf(input)) reader.push(line);
    reader.end();
    fit(kills, input);
  },
});

fuzz({
  name: 'kmsg records',
  seeds: kmsg,
  tokens: [...KERNEL_TOKENS, ',c;', '\n SUBSYSTEM=', '\\x0a', '\\x', ',ncfrag=0/1'],
  check(input) {
    const kills: OomKill[] = [];
    const reader = new KmsgReader('test', CONTEXT, collectKills((kill) => kills.push(kill)));
    for (const record of linesOf(input)) reader.push(record, null);
    reader.end();
    fit(kills, input);
  },
});

fuzz({
  name: 'cgroup path',
  seeds: [
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0a1b_0a1b_0a1b_0a1b2c3d4e5f.slice/cri-containerd-' + 'ab'.repeat(32) + '.scope',
    `/kubepods/burstable/pod0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f/${'ab'.repeat(32)}`,
    `/system.slice/docker-${'ab'.repeat(32)}.scope/init.scope`,
    '/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-' + 'ab'.repeat(32) + '.scope/container',
  ],
  tokens: ['/', '..', '.slice', '.scope', '-', 'pod', 'kubepods', 'ab'.repeat(32), ':', '\0', 'é', '/../', 'crio-', 'crio-conmon-'],
  check(input) {
    const path = Buffer.from(input).toString('utf8');
    const { containerId, podUid } = readCgroupPath(path);
    for (const id of [containerId, podUid]) if (id !== null) expect(path.replaceAll('_', '-')).toContain(id);
  },
});

it.each(KERNEL_TOKENS.map((token) => [JSON.stringify(token), token]))('a line that repeats %s is read in one go', (_, token) => {
  // The time a test has is enough by far for work that grows with the line, and for no other.
  for (const times of [20, 40, 20_000]) readPlain([Buffer.from(`${token.repeat(times)}Killed process 12 (x) total-vm:1kB\n`)]);
});
