import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTornKilled, readKill, readKilled } from '../../../src/kernel/report/killed-line.ts';
import { isTornOomKill, readOomKill } from '../../../src/kernel/report/oom-kill-line.ts';
import { readSaid } from '../../../src/kernel/report/wording.ts';

const HOSTILE = [',pid=1,uid=0', ') total-vm:1kB', 'a) (b', '(sd-pam)', ',task=x', 'x,task_memcg=/', ',global_oom', 'a\nb', ' ', '), UID 7, (', 'a, UID 7,', 'ü€', '\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD'];
/** What a name may be: up to 15 bytes of anything but NUL; bytes that are no UTF-8 come as U+FFFD. */
const comm = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', minLength: 1, maxLength: 15 }), fc.string({ minLength: 1, maxLength: 15 })).filter((name) => Buffer.byteLength(name.replaceAll('\uFFFD', '?')) <= 15 && !name.includes('\0'));
const segment = fc.oneof(
  fc.constantFrom('kubepods', 'a,b=c', 'x,task_memcg=', 'y,oom_memcg=', 'z,global_oom', 'mems_allowed=0', 'ünïcode'),
  fc.string({ minLength: 1, maxLength: 30 }).filter((name) => !/[/\n\0]/.test(name)),
);
// `…/a,task=b` followed by the task `c` reads as the task `b,task=c` where that is no longer than a name: the container
// above is read right all the same.
const path = fc.array(segment.filter((name) => !name.includes(',task=')), { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
const number = fc.nat({ max: 4_194_304 });

describe('the oom-kill: line', () => {
  it('is read exactly, whatever names it holds', () => {
    fc.assert(
      fc.property(comm, path, fc.array(segment.filter((name) => !name.includes(',task=')), { maxLength: 2 }), segment, number, number, (task, limit, below, cpuset, pid, uid) => {
        const victim = [limit, ...below].join('/');
        const text = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${cpuset},mems_allowed=0,oom_memcg=${limit},task_memcg=${victim},task=${task},pid=${pid},uid=${uid}`;
        expect(readOomKill(text)).toEqual({ kind: 'oom-kill', scope: 'memcg', oomMemcg: limit, taskMemcg: victim, comm: task, pid, uid });
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read exactly where the node ran out', () => {
    const constraint = fc.constantFrom(['CONSTRAINT_NONE', 'global'], ['CONSTRAINT_CPUSET', 'cpuset'], ['CONSTRAINT_MEMORY_POLICY', 'mempolicy']);
    fc.assert(
      fc.property(constraint, comm, path, segment, number, ([name, scope], task, victim, cpuset, pid) => {
        const text = `oom-kill:constraint=${name},nodemask=0-1,cpuset=${cpuset},mems_allowed=0-1,global_oom,task_memcg=${victim},task=${task},pid=${pid},uid=0`;
        expect(readOomKill(text)).toEqual({ kind: 'oom-kill', scope, oomMemcg: null, taskMemcg: victim, comm: task, pid, uid: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows when it was torn, and says no more than it holds', () => {
    const torn = 'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/a,task_memcg=';
    expect(isTornOomKill(torn)).toBe(true);
    expect(readOomKill(torn)).toMatchObject({ oomMemcg: '/a', taskMemcg: null, pid: null, comm: null });
    expect(readOomKill('oom-kill: nothing')).toBeNull();
  });
});

const SIZES = 'total-vm:207104kB, anon-rss:48820kB, file-rss:4kB, shmem-rss:0kB';
const NEW = `${SIZES}, UID:1000 pgtables:132kB oom_score_adj:-900`;

describe('the kill line', () => {
  it.each([
    ['5.3, memcg', `Memory cgroup out of memory: Killed process 483 (dd) ${NEW}`, 'memcg', 1000, -900],
    ['5.3, node', `Out of memory: Killed process 483 (dd) ${NEW}`, 'global', 1000, -900],
    ['allocating task', `Out of memory (oom_kill_allocating_task): Killed process 483 (dd) ${NEW}`, 'global', 1000, -900],
    ['before 5.0', `Killed process 483 (dd) ${SIZES}`, 'unknown', null, null],
    ['RHEL 6', 'Killed process 483, UID 1002, (dd) total-vm:207104kB, anon-rss:48820kB, file-rss:4kB', 'unknown', 1002, null],
    ['RHEL 7', 'Killed process 483 (dd), UID 1000, total-vm:207104kB, anon-rss:48820kB, file-rss:4kB, shmem-rss:0kB', 'unknown', 1000, null],
    ['2.6.3x', 'Killed process 483 (dd) vsz:207104kB, anon-rss:48820kB, file-rss:4kB', 'unknown', null, null],
  ] as const)('%s', (_, text, scope, uid, oomScoreAdj) => {
    expect(readKilled(text)).toMatchObject({ scope, pid: 483, comm: 'dd', uid, oomScoreAdj, totalVmKb: 207104, anonRssKb: 48820, fileRssKb: 4 });
  });

  it.each([
    ['a beancounter', 'Out of memory in UB 101: OOM killed process 483 (a) b) score 0 vm:207104kB, rss:48820kB, swap:0kB', 'unknown'],
    ['the node', 'Out of memory: OOM killed process 483 (a) b) score 7 vm:207104kB, rss:48820kB, swap:0kB', 'global'],
    ['2.6.18', 'OOM killed process 483 (a) b) vm:207104kB, rss:48820kB, swap:0kB', 'unknown'],
  ] as const)('OpenVZ, %s', (_, text, scope) => {
    expect(readKilled(text)).toMatchObject({ scope, pid: 483, comm: 'a) b', uid: null, totalVmKb: 207104, anonRssKb: null });
  });

  it('Virtuozzo 7 names the container', () => {
    expect(readKilled('Killed process 483 (dd) in VE "101" total-vm:207104kB, anon-rss:48820kB, file-rss:4kB, shmem-rss:0kB')).toMatchObject({ pid: 483, comm: 'dd', totalVmKb: 207104 });
  });

  it.each([
    ['2.6', 'Killed process 475 (identd)', 'unknown'],
    ['2.4', 'Out of Memory: Killed process 475 (identd).', 'global'],
  ] as const)('%s, without sizes', (_, text, scope) => {
    expect(readKilled(text)).toMatchObject({ scope, pid: 475, comm: 'identd', totalVmKb: null });
  });

  it.each([
    ['Memory cgroup out of memory: Kill process 8308 (java) score 1894 or sacrifice child', 'memcg'],
    ['Out of memory: Kill process 8308 (java) score 894 or sacrifice child', 'global'],
    ['Out of memory: kill process 8308 (java) score 494723 or a child', 'global'],
  ] as const)('is not the word before it: %s', (text, scope) => {
    expect(readKilled(text)).toBeNull();
    expect(readKill(text)).toEqual({ kind: 'kill', pid: 8308, comm: 'java', scope });
  });

  it('is read exactly, whatever the name', () => {
    fc.assert(
      fc.property(fc.constantFrom('Memory cgroup out of memory: ', 'Out of memory: ', ''), comm, number, number, (words, name, pid, rss) => {
        const text = `${words}Killed process ${pid} (${name}) total-vm:${rss + 9}kB, anon-rss:${rss}kB, file-rss:1kB, shmem-rss:2kB, UID:33 pgtables:132kB oom_score_adj:7`;
        expect(readKilled(text)).toMatchObject({ pid, comm: name, uid: 33, totalVmKb: rss + 9, anonRssKb: rss, fileRssKb: 1, shmemRssKb: 2, oomScoreAdj: 7 });
        expect(isTornKilled(text)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    'memory cgroup stats: Killed process 1 (x) total-vm:1kB',
    'cri-containerd-x.scope: A process of this unit has been killed by the OOM killer.',
    'app[1]: Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB',
    'usb 1-1: Product: Killed process 1 (x) total-vm:1kB',
    'oom_reaper: reaped process 483 (dd), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    'sysrq: Manual OOM execution',
    'oom_kill_process: 5 callbacks suppressed',
    'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled',
  ])('is not: %s', (text) => {
    expect(readSaid(text)).toBeNull();
  });

  it.each([
    ['dd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900', { kind: 'invoked', comm: 'dd', gfpMask: '0xcc0(GFP_KERNEL)', order: 0, oomScoreAdj: 900 }],
    ['dd invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0', { kind: 'invoked', gfpMask: '0x201da', oomScoreAdj: 0 }],
    ['kworker/1:2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0', { order: -1 }],
    ['CPU: 1 UID: 0 PID: 597 Comm: a b Not tainted 6.12.117', { kind: 'cpu', pid: 597, comm: 'a b' }],
    ['Pid: 123, comm: dd Not tainted 2.6.32', { kind: 'cpu', pid: 123 }],
    ['Task in /A killed as a result of limit of /B', { kind: 'task-in', victimCgroup: '/A', limitCgroup: '/B' }],
    ['Task in /A killed as a result of limit of ', { kind: 'task-in', victimCgroup: '/A', limitCgroup: null }],
    ['memory+swap: usage 49152kB, limit 9007199254740988kB, failcnt 0', { kind: 'usage', what: 'memory+swap', usageKb: 49152 }],
    ['Memory cgroup stats for /a:b/c:', { kind: 'stats', cgroup: '/a:b/c' }],
    ['Memory cgroup stats for /B: cache:0KB rss:1KB', { kind: 'stats', cgroup: '/B' }],
    ['Memory cgroup stats for /B:\nanon 1', { kind: 'stats', cgroup: '/B' }],
    ['Tasks in /A are going to be killed due to memory.oom.group set', { kind: 'group', cgroup: '/A' }],
    ['Memory cgroup out of memory and no killable processes...', { kind: 'no-kill', pid: null }],
    ['Memory cgroup out of memory: OOM victim 483 (dd) is already exiting. Skip killing the task', { kind: 'no-kill', pid: 483 }],
  ])('reads %s', (text, said) => {
    expect(readSaid(text)).toMatchObject(said);
  });
});
