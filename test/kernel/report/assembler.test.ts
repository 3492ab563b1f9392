import { describe, expect, it } from 'vitest';
import type { OomKill } from '../../../src/model/oom-kill.ts';
import type { KernelLine } from '../../../src/kernel/framing/kernel-line.ts';
import { Machines } from '../../../src/kernel/report/machines.ts';
import { MAX_REPORT_BYTES } from '../../../src/kernel/report/report.ts';

const A = '/kubepods/poda0a1b2c3-0a1b-0a1b-0a1b-0a1b2c3d4e5f/aaaa';
const B = '/kubepods/podb0a1b2c3-0a1b-0a1b-0a1b-0a1b2c3d4e5f/bbbb';

interface Read {
  readonly kills: OomKill[];
  readonly told: OomKill[];
  readonly lines: number;
}

function read(lines: readonly (string | Partial<KernelLine>)[]): Read {
  const out = { kills: [] as OomKill[], told: [] as OomKill[], lines: 0 };
  const machines = new Machines({
    onKill: (kill) => out.told.push(kill),
    onKillLine: () => (out.lines += 1),
    onReportEnd: (kills) => out.kills.push(...kills),
  });
  lines.forEach((one, index) => {
    const more = typeof one === 'string' ? { text: one } : one;
    machines.push({ text: '', raw: more.text ?? '', timeUs: null, monotonicUs: index * 1_000, bootId: null, trust: 'kernel', source: 'test', host: '', bare: false, continues: false, at: index * 100, ...more });
  });
  machines.end();
  return out;
}

const invoked = (comm = 'dd', order = 0): string => `${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=${order}, oom_score_adj=900`;
const usage = (kb: number): string => `memory: usage ${kb}kB, limit ${kb}kB, failcnt 7`;
const chosen = (cgroup: string, pid: number, comm = 'dd'): string =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=${comm},pid=${pid},uid=0`;
const killed = (pid: number, comm = 'dd'): string => `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:207104kB, anon-rss:48820kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:132kB oom_score_adj:900`;
const whole = (cgroup: string, pid: number, kb = 100): string[] => [invoked(), usage(kb), chosen(cgroup, pid), killed(pid)];
const of = ({ kills }: Read) => kills.map(({ victim, victimCgroup, complete }) => [victim.pid, victimCgroup, complete]);

describe('reports', () => {
  it('a report, and the next', () => {
    expect(of(read([...whole(A, 1), ...whole(B, 2)]))).toEqual([[1, A, true], [2, B, true]]);
  });

  it('a group kill: every task once, the first with the rest', () => {
    const { kills, lines } = read([...whole(A, 1), `Tasks in ${A} are going to be killed due to memory.oom.group set`, killed(1), killed(2), killed(3, 'sh')]);
    expect(kills.map(({ victim, groupKill, victimCgroup }) => [victim.pid, groupKill, victimCgroup])).toEqual([[1, true, A], [2, true, A], [3, true, A]]);
    expect(new Set(kills.map(({ reportId }) => reportId)).size).toBe(1);
    expect(new Set(kills.map(({ id }) => id)).size).toBe(3);
    // The kernel's own count has the first victim twice, as the log has.
    expect(lines).toBe(4);
  });

  it('a group kill where the node ran out: the lines begin with other words', () => {
    const node = (text: string): string => text.replace('Memory cgroup out', 'Out');
    const wide = `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=x,mems_allowed=0,global_oom,task_memcg=${A},task=dd,pid=1,uid=0`;
    const group = `Tasks in ${A} are going to be killed due to memory.oom.group set`;
    const { kills } = read([invoked(), wide, node(killed(1)), group, node(killed(1)).replace('48820', '44'), node(killed(2)), killed(9)]);
    expect(kills.map(({ victim, scope, groupKill, victimCgroup }) => [victim.pid, scope, groupKill, victimCgroup])).toEqual([
      [1, 'global', true, A],
      [2, 'global', true, A],
      [9, 'memcg', false, null],
    ]);
  });

  it('kill lines without report, in a storm: pid and scope, nothing borrowed', () => {
    const { kills } = read([...whole(A, 1), killed(2), killed(3), 'oom_kill_process: 5 callbacks suppressed', ...whole(B, 4)]);
    expect(kills.map(({ victim, victimCgroup, scope, level, memory }) => [victim.pid, victimCgroup, scope, level, memory.usageBytes])).toEqual([
      [1, A, 'memcg', 'container', 102_400],
      [2, null, 'memcg', null, null],
      [3, null, 'memcg', null, null],
      [4, B, 'memcg', 'container', 102_400],
    ]);
    expect(new Set(kills.map(({ reportId }) => reportId)).size).toBe(4);
  });

  it('reports cut into each other: each tells of its own', () => {
    expect(of(read([invoked(), usage(100), ...whole(B, 2)]))).toEqual([[2, B, true]]);
    // The end of the first was lost: chosen, and nothing more is known.
    expect(of(read([invoked(), usage(100), chosen(A, 1), ...whole(B, 2)]))).toEqual([[1, A, false], [2, B, true]]);
    expect(of(read([invoked(), chosen(A, 1), killed(2)]))).toEqual([[1, A, false], [2, null, false]]);
    const [first] = read([invoked(), 'Memory cgroup stats for /other:', chosen(A, 1), killed(1)]).kills;
    expect([first?.victimCgroup, first?.invoker.comm, first?.complete]).toEqual([A, null, false]);
  });

  it('nobody killable: nobody died', () => {
    expect(read([invoked(), usage(100), 'Memory cgroup out of memory and no killable processes...']).kills).toEqual([]);
    expect(of(read([invoked(), usage(100), 'Out of memory and no killable processes...', killed(9)]))).toEqual([[9, null, false]]);
  });

  it('the chosen one was dying already: nobody was killed', () => {
    const exiting = (pid: number): string => `Memory cgroup out of memory: OOM victim ${pid} (dd) is already exiting. Skip killing the task`;
    expect(of(read([...whole(A, 1).slice(0, -1), exiting(1), ...whole(B, 2)]))).toEqual([[2, B, true]]);
    const group = `Tasks in ${A} are going to be killed due to memory.oom.group set`;
    expect(read([...whole(A, 1), group, exiting(1), exiting(2), killed(3)]).kills.map(({ victim, groupKill }) => [victim.pid, groupKill])).toEqual([[1, true], [3, true]]);
  });

  it('a thread is killed in place of a leader that has exited', () => {
    const table = ['[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name', '[      1]     0     1    51776    12205   135168        0           900 dd'];
    expect(of(read([invoked(), ...table, chosen(A, 1), killed(9, 'worker')]))).toEqual([[9, A, true]]);
    // Another process altogether: each tells of its own.
    expect(of(read([invoked(), table[0]!, table[1]!.replace('51776', '99999'), chosen(A, 1), killed(9, 'worker')]))).toEqual([[1, A, false], [9, null, false]]);
  });

  it('newest first: every kill once, with nothing of another report', () => {
    const lines = [invoked('a'), chosen(A, 1, 'a'), killed(1, 'a'), invoked('b'), chosen(B, 2, 'b'), killed(2, 'b')];
    const backwards = lines.map((text, at) => ({ text, monotonicUs: at * 1_000 })).reverse();
    expect(read(backwards).kills.map(({ victim, victimCgroup, invoker }) => [victim.pid, victimCgroup, invoker.comm])).toEqual([[2, B, null], [1, A, null]]);
  });

  it('sysrq', () => {
    const global = `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${A},task=dd,pid=5,uid=0`;
    const { kills } = read(['sysrq: Manual OOM execution', invoked('kworker/1:2', -1), global, killed(5).replace('Memory cgroup out', 'Out')]);
    expect(kills.map(({ scope, level, invoker }) => [scope, level, invoker.order])).toEqual([['global', 'node', -1]]);
  });

  it('two machines in one log, line by line', () => {
    const first = whole(A, 1).map((text) => ({ text, host: 'one' }));
    const second = whole(B, 2, 200).map((text) => ({ text, host: 'two' }));
    const { kills } = read(first.flatMap((line, at) => [line, second[at]!]));
    expect(kills.map(({ victim, victimCgroup, complete, memory }) => [victim.pid, victimCgroup, complete, memory.usageBytes])).toEqual([[1, A, true, 102_400], [2, B, true, 204_800]]);
  });

  it('more machines than anybody has: bounded, nothing lost', () => {
    const many = Array.from({ length: 200 }, (_, at) => whole(A, at + 1).map((text) => ({ text, host: `node${at}` }))).flat();
    expect(read(many).kills).toHaveLength(200);
  });

  it('ends where it cannot go on: too long after, too far behind', () => {
    expect(of(read([invoked(), usage(100), { text: killed(1), monotonicUs: 120_000_000 }]))).toEqual([[1, null, false]]);
    expect(of(read([invoked(), usage(100), { text: killed(1), at: MAX_REPORT_BYTES + 200 }]))).toEqual([[1, null, false]]);
    const late = read([...whole(A, 1), `Tasks in ${A} are going to be killed due to memory.oom.group set`, killed(1), { text: killed(2), monotonicUs: 60_000_000 }]).kills;
    expect(late.map(({ victim, groupKill }) => [victim.pid, groupKill])).toEqual([[1, true], [2, false]]);
  });

  it('5.0: the child that was sacrificed, behind its line', () => {
    const { kills } = read([invoked(), chosen(A, 1), 'Memory cgroup out of memory: Kill process 1 (dd) score 9 or sacrifice child', 'Killed process 2 (sh) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB']);
    expect(kills.map(({ victim, victimCgroup, scope }) => [victim.pid, victim.comm, victimCgroup, scope])).toEqual([[2, 'sh', A, 'memcg']]);
  });

  it('before 5.0: the child that was sacrificed', () => {
    const { kills } = read([
      invoked(),
      `Task in ${A} killed as a result of limit of /kubepods/poda0a1b2c3-0a1b-0a1b-0a1b-0a1b2c3d4e5f`,
      usage(100),
      'Memory cgroup out of memory: Kill process 8 (java) score 1894 or sacrifice child',
      'Killed process 9 (child) total-vm:9kB, anon-rss:8kB, file-rss:7kB',
    ]);
    expect(kills.map(({ victim, scope, level, complete }) => [victim.pid, victim.comm, scope, level, complete])).toEqual([[9, 'child', 'memcg', 'pod', true]]);
  });
});

describe('torn lines', () => {
  const long = chosen(`/system.slice${A}`, 4382);
  const cutAt = long.indexOf('task_memcg=') + 11;

  it('are put together where the kernel cut them', () => {
    expect(of(read([invoked(), long.slice(0, cutAt), { text: long.slice(cutAt), continues: true }, killed(4382)]))).toEqual([[4382, `/system.slice${A}`, true]]);
    expect(of(read([invoked(), long.slice(0, cutAt), long.slice(cutAt), killed(4382)]))).toEqual([[4382, `/system.slice${A}`, true]]);
  });

  it('are put together where a newline stood in the name', () => {
    const name = 'busybox\nOut of';
    const torn = [chosen(A, 3766, name), killed(3766, name)].flatMap((text) => text.split('\n'));
    for (const bare of [true, false]) {
      const lines = torn.map((text, at) => ({ text, bare: bare && at % 2 === 1 }));
      const { kills } = read([invoked(), ...lines]);
      expect(kills.map(({ victim, victimCgroup }) => [victim.comm, victimCgroup])).toEqual([[name, A]]);
    }
  });

  it('do not swallow what follows when their rest never comes', () => {
    expect(of(read([invoked(), long.slice(0, cutAt), ...whole(B, 2)])).at(-1)).toEqual([2, B, true]);
    expect(of(read([killed(1).slice(0, 60), ...whole(B, 2)])).at(-1)).toEqual([2, B, true]);
  });

  it('are given up at the end', () => {
    expect(of(read([killed(1).slice(0, 70)]))).toEqual([[1, null, false]]);
  });
});
