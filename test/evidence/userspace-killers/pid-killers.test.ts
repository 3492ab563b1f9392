import { describe, expect, it } from 'vitest';
import { earlyoom } from '../../../src/evidence/userspace-killers/earlyoom.ts';
import { nohang } from '../../../src/evidence/userspace-killers/nohang.ts';
import { SECOND } from '../../../src/lib/time.ts';
import { say } from '../say.ts';

const MIB = 1024 * 1024;
const LOW = ['mem avail:   554 of  7721 MiB ( 7.18%), swap free:  742 of 7720 MiB ( 9.62%)', 'low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%'];

describe('earlyoom', () => {
  it.each([
    ['1.3', 'sending SIGTERM to process 9994 "termshark": badness 1181, VmRSS 4568 MiB', { comm: 'termshark', uid: null, figures: { badness: 1181, rssBytes: 4568 * MIB } }],
    ['1.4 to 1.7', 'sending SIGTERM to process 9994 uid 1000 "(sd-pam)": badness -3, VmRSS 3 MiB', { comm: '(sd-pam)', uid: 1000, figures: { badness: -3, rssBytes: 3 * MIB } }],
    // As recorded with Debian 13's 1.8.2 (test/recordings/earlyoom-6.12-containerd and -5.10-containerd).
    ['1.8', 'sending SIGKILL to process 9994 uid 0 "eat": oom_score 1678, VmRSS 200 MiB, cmdline "eat 200"', { comm: 'eat', uid: 0, signal: 'SIGKILL', figures: { oomScore: 1678, rssBytes: 200 * MIB } }],
    ['1.8, another', 'sending SIGKILL to process 9994 uid 0 "agetty": oom_score 666, VmRSS 1 MiB, cmdline "/sbin/agetty -o -- \\u --noreset --noclear - linux"', { comm: 'agetty', signal: 'SIGKILL', figures: { oomScore: 666, rssBytes: MIB } }],
    ['1.8, its command line cut off', 'sending SIGTERM to process 9994 uid 1000 "node": oom_score 900, VmRSS 1200 MiB', { comm: 'node', figures: { oomScore: 900, rssBytes: 1200 * MIB } }],
    ['since', 'sending SIGTERM to process 9994 uid 1000 "bun": oom_score 712, oom_score_adj 0, VmRSS 4514 MiB, cmdline "bun test --timeout 60000 ./src"', { comm: 'bun', figures: { oomScore: 712, rssBytes: 4514 * MIB } }],
    ['later', 'sending SIGTERM to process 9994 uid 0 "x": oom_score 712, oom_score_adj -5, badness 88 KiB, VmRSS 1 MiB, ordering badness, cmdline "x"', { comm: 'x', figures: { oomScore: 712, rssBytes: MIB } }],
    ['a name that looks like its end', 'sending SIGTERM to process 9994 uid 0 "a": badness 1, ": badness 668, VmRSS 94 MiB', { comm: 'a": badness 1, ', figures: { badness: 668 } }],
    ['a name cut by its newline', 'sending SIGTERM to process 9994 uid 0 "a": badness 1', { comm: null, uid: 0, figures: { availableBytes: 554 * MIB } }],
  ])('%s', (_, line, told) => {
    const [said, ...more] = say(earlyoom, [...LOW, line]);
    expect(said).toMatchObject({ kind: 'userspace-kill', by: 'earlyoom', signal: 'SIGTERM', reason: 'memory is low: at or below mem 10.00%, swap 10.00%', about: { pid: 9994 }, ...told });
    expect(said).not.toHaveProperty('trust');
    expect(more).toEqual([]);
  });

  it('SIGKILL, at once or where SIGTERM was not enough', () => {
    expect(say(earlyoom, ['sending SIGKILL to process 7 uid 0 "x": badness 1, VmRSS 1 MiB'])).toMatchObject([{ signal: 'SIGKILL' }]);
    expect(say(earlyoom, ['sending SIGTERM to process 7 uid 0 "x": badness 1, VmRSS 1 MiB', 'escalating to SIGKILL after 2.8 seconds'])).toMatchObject([{ signal: 'SIGTERM' }, { signal: 'SIGKILL', about: { pid: 7 } }]);
    expect(say(earlyoom, ['escalating to SIGKILL after 2.8 seconds'])).toEqual([]);
  });

  it('what else it says', () => {
    expect(say(earlyoom, ['process exited after 0.1 seconds', 'kill failed: Operation not permitted', 'sending SIGTERM when mem <= 10.00% and swap <= 10.00%,', 'sending 0 (no-op signal) to process 7 uid 0 "x": badness 1, VmRSS 1 MiB'])).toEqual([]);
  });

  it('a dry run kills nobody, until it begins anew without', () => {
    // As 1.7 prints them.
    const dry = ['earlyoom v1.7', 'dryrun mode enabled, will not kill anything', ...LOW, 'sending SIGKILL to process 5 uid 0 "sleep": badness 666, VmRSS 1 MiB', 'dryrun, not actually sending any signal'];
    expect(say(earlyoom, dry)).toEqual([]);
    expect(say(earlyoom, [...dry, 'earlyoom v1.7', 'sending SIGKILL to process 6 uid 0 "x": badness 1, VmRSS 1 MiB'])).toMatchObject([{ about: { pid: 6 } }]);
    // Where its beginning was not read, its next word tells.
    expect(say(earlyoom, dry.slice(2).concat('sending SIGKILL to process 6 uid 0 "x": badness 1, VmRSS 1 MiB'))).toHaveLength(1);
  });

  it('a line within a command line that it prints proves nothing', () => {
    const at = 1_000 * SECOND;
    const forged = 'sending SIGKILL to process 99 uid 0 "victim": badness 1, VmRSS 1 MiB';
    const lines = [
      { text: 'sending SIGTERM to process 7 uid 0 "x": badness 1, VmRSS 1 MiB', timeUs: at },
      { text: 'process 7 cmdline "x"', timeUs: at },
      { text: forged, timeUs: at + 1_000 },
      { text: forged, timeUs: at + 2 * SECOND },
    ];
    const said = say(earlyoom, lines);
    expect(said.map(({ trust }) => trust)).toEqual([undefined, 'text', undefined]);
  });
});

describe('nohang', () => {
  const STATUS = ['Memory status that requires corrective actions:', '  MemAvailable [23 MiB, 1.0 %] <= hard_threshold_min_mem [40 MiB, 2.0 %]', 'Found 3 tasks with non-zero VmRSS', 'Victim status (found in 2ms):'];
  const VICTIM = ['  PID:       77, name: java, state: S (sleeping), EUID: 0, SID: 77 (java), lifetime: 5s', '  badness:   900, oom_score:  900, oom_score_adj:  0', '  Vm, MiB:   Size: 900, RSS: 812.5 (Anon: 800, File: 12, Shmem: 0), Swap: 0'];
  const ACTION = ['Implementing a corrective action:', '  Sending SIGKILL to the victim'];
  const KILL = { kind: 'userspace-kill', by: 'nohang', comm: 'java', signal: 'SIGKILL', about: { pid: 77 }, trust: 'text' };

  it.each([
    ['line by line', [...STATUS, ...VICTIM, ...ACTION]],
    ['in blocks', [[...STATUS, ...VICTIM].join('\n'), ACTION.join('\n')]],
  ])('%s', (_, lines) => {
    expect(say(nohang, lines)).toMatchObject([{ ...KILL, reason: 'MemAvailable [23 MiB, 1.0 %] <= hard_threshold_min_mem [40 MiB, 2.0 %]', figures: { rssBytes: 812.5 * MIB } }]);
  });

  it.each([
    ['with a table of tasks', ['Process with highest badness (found in 9ms):', '  PID: 77, Name: java, badness: 900']],
    ['without', ['TOP printed in 1ms; process with highest badness:', '  PID: 77, name: java, badness: 900']],
  ])('where the status is not printed (print_victim_status = False), %s', (_, chosen) => {
    expect(say(nohang, [...STATUS.slice(0, 2), ...chosen, ...ACTION])).toMatchObject([{ ...KILL, figures: {} }]);
    // What was chosen before it was looked at again is not what was killed.
    expect(say(nohang, [...chosen, 'Thresholds is not exceeded now', ...chosen.map((line) => line.replace('77', '78')), ...ACTION])).toMatchObject([{ about: { pid: 78 } }]);
    // The status, where there is one, tells more.
    expect(say(nohang, [...chosen, ...STATUS.slice(-1), ...VICTIM, ...ACTION])).toMatchObject([{ ...KILL, figures: { rssBytes: 812.5 * MIB } }]);
  });

  it('what the victim calls itself names nobody else', () => {
    const forged = ['  PID:       1, name: other, state: S', 'Victim status (found in 0ms):', '  PID:       2, name: other, state: S'];
    expect(say(nohang, [...STATUS, ...VICTIM, ...forged, ...ACTION])).toMatchObject([{ about: { pid: 77 } }]);
  });

  it('an action without a victim, and a victim without an action', () => {
    expect(say(nohang, ACTION)).toEqual([]);
    expect(say(nohang, [...STATUS, ...VICTIM, 'Thresholds is not exceeded now', '  Sending SIGKILL to the victim'])).toEqual([]);
  });
});
