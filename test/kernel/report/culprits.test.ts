import { describe, expect, it } from 'vitest';
import type { OomKill } from '../../../src/model/oom-kill.ts';
import { bytes, readBulk, readPlain } from '../reader/read.ts';

const K = 1024;
const C = '/kubepods/burstable/pod0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
const A = `${C}/${'a'.repeat(64)}`;

const INVOKED = 'eat invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0';
const chosenNode = (pid: number): string => `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${A},task=eat,pid=${pid},uid=0`;
const chosenIn = (cgroup: string, pid: number): string => `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${A},task=eat,pid=${pid},uid=0`;
const sizes = (vmKb: number, anonKb: number): string => `total-vm:${vmKb}kB, anon-rss:${anonKb}kB, file-rss:0kB, shmem-rss:0kB`;
const killedNode = (pid: number, vmKb: number, anonKb: number): string => `Out of memory: Killed process ${pid} (eat) ${sizes(vmKb, anonKb)}, UID:0 pgtables:8kB oom_score_adj:0`;
const killedIn = (pid: number, vmKb: number, anonKb: number): string => killedNode(pid, vmKb, anonKb).replace('Out of', 'Memory cgroup out of');

const HEAD_5 = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name';
const HEAD_6 = '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name';
const row5 = (pid: number, vm: number, rss: number, name: string, swap = 0): string => `[${String(pid).padStart(7)}]     0 ${pid} ${vm} ${rss}    8192 ${swap}             0 ${name}`;

/** As `parse` reads a text, and, where a line is a record, as the agent reads it. */
function read(lines: readonly string[]): OomKill[] {
  const uptimes = bytes(lines.map((line, at) => `[${(100 + at / 1000).toFixed(6).padStart(12)}] ${line}`));
  const kills = readPlain([uptimes]);
  expect(readBulk([uptimes])).toEqual(kills);
  return kills;
}
const one = (lines: readonly string[]): NonNullable<OomKill['culprits']> => {
  const [kill] = read(lines);
  if (kill?.culprits == null) throw new Error('no culprits were read');
  return kill.culprits;
};

/** Every generation of the table: what the victim (2,000 pages, 10 of them in swap) and a larger one (5,000) held. */
const OLD_KILL = (kb: number): string[] => ['Out of memory: Kill process 20 (eat) score 9 or sacrifice child', `Killed process 20 (eat) ${sizes(4_000 * kb, 2_000 * kb)}`];
const GENERATIONS: readonly (readonly [string, number, string, (pid: number, rss: number, swap: number, name: string) => string, (kb: number) => string[], number])[] = [
  ['2.6.32', 4, '[ pid ]   uid  tgid total_vm      rss cpu oom_adj name', (pid, rss, _, name) => `[${pid}]     0 ${pid}     4000     ${rss}   1       0             ${name}`, OLD_KILL, 2_000 * 4 * K],
  ['RHEL 6', 4, '[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name', (pid, rss, _, name) => `[${pid}]     0 ${pid}     4000     ${rss}   1     -17         -1000 ${name}`, OLD_KILL, 2_000 * 4 * K],
  ['3.10', 4, '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name', (pid, rss, swap, name) => `[${pid}]     0 ${pid}     4000     ${rss}      6     ${swap}             0 ${name}`, OLD_KILL, 2_016 * 4 * K],
  ['4.4', 4, '[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name', (pid, rss, swap, name) => `[${pid}]     0 ${pid}     4000     ${rss}      6       3     ${swap}             0 ${name}`, OLD_KILL, 2_019 * 4 * K],
  ['4.18', 64, '[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name', (pid, rss, swap, name) => `[${pid}]     0 ${pid}     4000     ${rss}   8192     ${swap}             0 ${name}`, OLD_KILL, 2_010 * 64 * K + 8_192],
  ['5.10', 4, HEAD_5, (pid, rss, swap, name) => row5(pid, 4_000, rss, name, swap), (kb) => [chosenNode(20), killedNode(20, 4_000 * kb, 2_000 * kb)], 2_010 * 4 * K + 8_192],
  ['5.10 with pages of 64 KiB', 64, HEAD_5, (pid, rss, swap, name) => row5(pid, 4_000, rss, name, swap), (kb) => [chosenNode(20), killedNode(20, 4_000 * kb, 2_000 * kb)], 2_010 * 64 * K + 8_192],
  ['6.12', 16, HEAD_6, (pid, rss, swap, name) => `[${pid}]     0 ${pid} 4000 ${rss} ${rss - 5} 4 1 8192 ${swap}             0 ${name}`, (kb) => [chosenNode(20), killedNode(20, 4_000 * kb, 2_000 * kb)], 2_010 * 16 * K + 8_192],
];

describe('the table of tasks', () => {
  it.each(GENERATIONS)('of %s, pages of %i KiB', (name, kb, head, row, end, held) => {
    const culprits = one([INVOKED, head, row(10, 5_000, 0, 'big one'), row(20, 2_000, 10, 'eat'), row(30, 1, 0, 'sh'), ...end(kb)]);
    expect(culprits).toMatchObject({ listed: 'node', cgroup: null, tasks: 3, unread: 0, complete: true, pageBytes: kb * K, victimWas: 'bystander' });
    expect(culprits.holders.map(({ pid, comm, rssBytes, killed }) => [pid, comm, rssBytes, killed])).toEqual([
      [10, 'big one', 5_000 * kb * K, false],
      [20, 'eat', 2_000 * kb * K, true],
      [30, 'sh', kb * K, false],
    ]);
    const victim = culprits.holders[1];
    expect(victim?.heldBytes).toBe(held);
    expect(victim?.anonRssBytes).toBe(name === '6.12' ? 1_995 * kb * K : null);
    expect(culprits.heldBytes).toBe(culprits.holders.reduce((sum, { heldBytes }) => sum + (heldBytes ?? 0), 0));
  });

  it('names those that held most, and the victim; counts the rest', () => {
    const rows = Array.from({ length: 40 }, (_, at) => row5(100 + at, 9_000, 1_000 + at, `w${at}`));
    const culprits = one([INVOKED, HEAD_5, row5(20, 4_000, 7, 'eat'), ...rows, chosenNode(20), killedNode(20, 16_000, 28)]);
    expect(culprits.holders.map(({ pid }) => pid)).toEqual([139, 138, 137, 136, 135, 20]);
    expect([culprits.tasks, culprits.victimShare, culprits.victimWas]).toEqual([41, 0.0002, 'bystander']);
  });

  it('whether the victim was the eater, one of many, or neither can be said', () => {
    const was = (rows: readonly string[], vmKb = 16_000, anonKb = 8_000): unknown => one([INVOKED, HEAD_5, ...rows, chosenNode(20), killedNode(20, vmKb, anonKb)]).victimWas;
    expect(was([row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 1_500, 'b')])).toBe('eater');
    expect(was([row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 1_500, 'b'), row5(31, 4_000, 1_500, 'c')])).toBe('one-of-many');
    expect(was([row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 3_500, 'b')])).toBe('one-of-many');
    expect(was([row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 4_500, 'b')])).toBe('bystander');
    // A row that is missing or cannot be read may have held more; that another did hold more stands.
    expect(was([row5(20, 4_000, 2_000, 'eat'), '[     40]     0 40 4000 torn'])).toBeNull();
    expect(was([row5(20, 4_000, 2_000, 'eat'), row5(30, 9_000, 9_000, 'b'), '[     40]     0 40 4000 torn'])).toBe('bystander');
    expect(was([row5(30, 4_000, 2_000, 'b')])).toBeNull();
  });

  it('the page size is told by the report or not known; then sizes are not, and shares are', () => {
    const unknown = one([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 6_000, 'b'), chosenNode(20), 'Out of memory: Killed process 20 (eat)', 'x: y']);
    expect([unknown.pageBytes, unknown.heldBytes, unknown.holders.map(({ heldBytes, share }) => [heldBytes, share])]).toEqual([null, null, [[null, 0.75], [null, 0.25]]]);
    const odd = one([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), chosenNode(20), killedNode(20, 12_000, 6_000)]);
    expect(odd.pageBytes).toBeNull();
    // It ran on between its row and its kill line.
    const grown = one([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), chosenNode(20), killedNode(20, 16_004, 8_004)]);
    expect(grown.pageBytes).toBe(4_096);
  });

  it('a name may hold anything: columns are read from the left', () => {
    const names = ['20 99999 99999', '[ 1 ] 0 1 9 9 9', 'a  b', ') total-vm:1kB', '-1000 x'];
    const culprits = one([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), ...names.map((name, at) => row5(30 + at, 4_000, 10 - at, name)), chosenNode(20), killedNode(20, 16_000, 8_000)]);
    expect(culprits.holders.slice(1).map(({ comm, rssBytes }) => [comm, rssBytes])).toEqual(names.slice(0, 4).map((name, at) => [name, (10 - at) * 4_096]));
    expect(culprits.unread).toBe(0);
  });

  it('rows that are none, pids twice, numbers that cannot be: counted', () => {
    const culprits = one([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), row5(20, 4_000, 9_000, 'again'), row5(30, 4_000, 99_999_999_999_999, 'x'), row5(31, 4_000, 5, 'y'.repeat(65)), chosenNode(20), killedNode(20, 16_000, 8_000)]);
    expect([culprits.tasks, culprits.unread, culprits.complete]).toEqual([1, 3, false]);
  });

  it('a heading that was cut: none of its rows is believed', () => {
    const culprits = one([INVOKED, '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes', row5(20, 4_000, 2_000, 'eat'), chosenNode(20), killedNode(20, 16_000, 8_000)]);
    expect([culprits.tasks, culprits.unread, culprits.holders]).toEqual([0, 1, []]);
  });

  it('rows without a heading, behind the kill, or of no report are nobody’s', () => {
    const [kill] = read([row5(9, 9, 9_999, 'stray'), INVOKED, row5(9, 9, 9_999, 'stray'), chosenNode(20), killedNode(20, 16_000, 8_000), HEAD_5, row5(9, 9, 9_999, 'late')]);
    expect(kill?.culprits).toBeNull();
    // The report was rate-limited away.
    expect(read([killedIn(20, 16_000, 8_000)])[0]?.culprits).toBeNull();
  });

  it('a thread that was killed under its own pid has its process’s row', () => {
    const culprits = one([INVOKED, HEAD_5, row5(19, 4_000, 2_000, 'eat'), chosenNode(19), killedNode(20, 16_000, 8_000)]);
    expect(culprits.holders.map(({ pid, killed }) => [pid, killed])).toEqual([[19, true]]);
  });
});

describe('whose processes', () => {
  it('below a container’s limit all are its; below a pod’s, the pod’s; the victim’s own is known', () => {
    const rows = [row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 100, 'sh')];
    const where = (cgroup: string) => one([INVOKED, HEAD_5, ...rows, chosenIn(cgroup, 20), killedIn(20, 16_000, 8_000)]).holders.map(({ containerId, podUid }) => [containerId?.slice(0, 1), podUid?.slice(0, 4)]);
    expect(where(A)).toEqual([['a', '0a1b'], ['a', '0a1b']]);
    expect(where(C)).toEqual([['a', '0a1b'], [undefined, '0a1b']]);
    expect(where('/kubepods')).toEqual([['a', '0a1b'], [undefined, undefined]]);
  });

  it('a group kill: each victim has its own row, and none is called innocent', () => {
    const kills = read([INVOKED, HEAD_5, row5(20, 4_000, 2_000, 'eat'), row5(30, 4_000, 1, 'sh'), chosenIn(A, 20), killedIn(20, 16_000, 8_000), `Tasks in ${A} are going to be killed due to memory.oom.group set`, killedIn(20, 16_000, 8_000), killedIn(30, 16_000, 4).replace('(eat)', '(sh)')]);
    expect(kills.map(({ culprits }) => [culprits?.victimWas, culprits?.victimShare, culprits?.holders.find(({ killed }) => killed)?.pid])).toEqual([[null, 0.9985, 20], [null, 0.0015, 30]]);
  });

  it('a group of thousands costs no more than its lines', () => {
    const pids = Array.from({ length: 4_000 }, (_, at) => 1_000 + at);
    const group = (size: number): number => {
      const some = pids.slice(0, size);
      const before = process.cpuUsage();
      const kills = readPlain([bytes([INVOKED, HEAD_5, ...some.map((pid) => row5(pid, 4_000, 20, 'w')), chosenIn(A, 1_000), killedIn(1_000, 16_000, 80), `Tasks in ${A} are going to be killed due to memory.oom.group set`, ...some.map((pid) => killedIn(pid, 16_000, 80))])]);
      expect(kills.length).toBe(size);
      return process.cpuUsage(before).user;
    };
    // What else the process does in between counts, too: the least of some is the group's own.
    const least = (size: number): number => Math.min(...Array.from({ length: 5 }, () => group(size)));
    group(200);
    // Four times as many: by the lines it is 4, by the square 16.
    expect(least(4_000) / least(1_000)).toBeLessThan(10);
  });
});

describe('the memory lines', () => {
  const memcg = (statistics: readonly string[]): string[] => [INVOKED, 'memory: usage 102400kB, limit 102400kB, failcnt 7', `Memory cgroup stats for ${A}:`, ...statistics, HEAD_5, row5(20, 4_000, 500, 'eat'), chosenIn(A, 20), killedIn(20, 16_000, 2_000)];

  it('a record for each statistic: files in memory that no process maps are what held it', () => {
    const culprits = one(memcg(['anon 2048000', 'file 98304000', 'kernel 1024000', 'pagetables 24000', 'shmem 98304000', 'unevictable 0', 'slab_reclaimable 500', 'slab_unreclaimable 700']));
    expect(culprits.memory).toMatchObject({ anonBytes: 2_048_000, fileBytes: 0, shmemBytes: 98_304_000, slabBytes: 1_200, kernelBytes: 1_024_000, pageTablesBytes: 24_000 });
    expect(culprits.unowned).toEqual([{ what: 'shmem', bytes: 98_304_000 - 500 * 4_096 }]);
    expect(culprits.victimWas).toBe('bystander');
  });

  it('all in one record, or its later lines without prefix, say the same', () => {
    const statistics = ['anon 2048000', 'file 0', 'shmem 0', 'slab_reclaimable 40000000', 'slab_unreclaimable 20000000', 'kernel_stack 500', 'percpu 300'];
    const many = one(memcg(statistics));
    expect(many.unowned).toEqual([{ what: 'kernel', bytes: 60_000_800 }]);
    const json = readPlain([bytes(memcg([statistics.join('\n')]).map((MESSAGE, at) => JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', __REALTIME_TIMESTAMP: String(1_795_455_805_000_000 + at), __CURSOR: 's=1' })))]);
    expect(json[0]?.culprits).toEqual(many);
    const dmesg = memcg([statistics.join('\n          ')]).map((line) => `[   12.000000] ${line}`);
    expect(readPlain([bytes(dmesg)])[0]?.culprits).toEqual(many);
  });

  it('before 5.3: kB in one line, a line for each cgroup below the limit', () => {
    const culprits = one([INVOKED, `Task in ${A} killed as a result of limit of ${C}`, 'memory: usage 102400kB, limit 102400kB, failcnt 7', `Memory cgroup stats for ${C}: cache:0KB rss:0KB rss_huge:0KB shmem:0KB unevictable:0KB`, `Memory cgroup stats for ${A}: cache:90000KB rss:2000KB rss_huge:0KB shmem:89000KB unevictable:0KB`, HEAD_5, row5(20, 4_000, 500, 'eat'), 'Memory cgroup out of memory: Kill process 20 (eat) score 9 or sacrifice child', `Killed process 20 (eat) ${sizes(16_000, 2_000)}`]);
    expect(culprits.memory).toMatchObject({ anonBytes: 2_000 * K, fileBytes: 1_000 * K, shmemBytes: 89_000 * K });
    expect(culprits.unowned).toEqual([{ what: 'shmem', bytes: 87_000 * K }]);
  });

  const node = (kb: number): string[] => [
    INVOKED,
    'Mem-Info:',
    'active_anon:10 inactive_anon:20 isolated_anon:0\n active_file:30 inactive_file:40 isolated_file:0\n unevictable:5 dirty:0 writeback:0\n slab_reclaimable:1000 slab_unreclaimable:9000\n mapped:3 shmem:88 pagetables:17 bounce:0\n free:600 free_pcp:0 free_cma:0',
    'Node 0 active_anon:40kB inactive_anon:80kB active_file:120kB unevictable:20kB shmem:9999999kB',
    'Node 0 DMA free:5972kB min:504kB low:628kB',
    'Node 0 hugepages_total=10 hugepages_free=10 hugepages_surp=0 hugepages_size=2048kB',
    'Node 1 hugepages_total=5 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB',
    'Free swap  = 84kB',
    'Total swap = 8388604kB',
    '20000 pages RAM',
    HEAD_5,
    row5(20, 4_000, 500, 'eat'),
    chosenNode(20),
    killedNode(20, 4_000 * kb, 500 * kb),
  ];

  it.each([4, 64])('Mem-Info, pages of %i KiB: slab and huge pages of no process', (kb) => {
    const json = readPlain([bytes(node(kb).map((MESSAGE, at) => JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', __REALTIME_TIMESTAMP: String(1_795_455_805_000_000 + at), __CURSOR: 's=1' })))]);
    const page = kb * K;
    expect(json[0]?.culprits?.memory).toEqual({
      totalBytes: 20_000 * page, freeBytes: 600 * page, anonBytes: null, fileBytes: 70 * page, shmemBytes: 88 * page, slabBytes: 10_000 * page, kernelBytes: null,
      pageTablesBytes: 17 * page, unevictableBytes: 5 * page, hugePagesBytes: 15 * 2_048 * K, swapTotalBytes: 8_388_604 * K, swapFreeBytes: 84 * K,
    });
    expect(json[0]?.culprits?.unowned.map(({ what }) => what)).toEqual(kb === 4 ? ['kernel', 'huge-pages'] : ['kernel']);
    expect(json[0]?.culprits?.victimWas).toBe('bystander');
    // A text log's later lines have no prefix, or one each.
    const dmesg = node(kb).map((line) => `[   12.000000] ${line}`);
    expect(readPlain([bytes(dmesg)])[0]?.culprits).toEqual(json[0]?.culprits);
    expect(read(node(kb).flatMap((line) => line.split('\n')))[0]?.culprits).toEqual(json[0]?.culprits);
  });

  it('a name that looks like a statistic changes none', () => {
    const plain = one(memcg(['anon 2048000', 'file 0', 'shmem 0']));
    const kill = killedIn(20, 16_000, 2_000);
    const hostile = memcg(['anon 2048000', 'file 0', 'shmem 0']).flatMap((line) => (line === HEAD_5 || line === kill ? ['shmem 99999999', 'anon 99', line, 'shmem 99999999', 'file 9999'] : [line]));
    expect(one(['shmem 99999999', ...hostile])).toEqual(plain);
    expect(one([INVOKED, 'shmem 99999999', ...memcg([]).slice(1)]).memory).toBeNull();
  });
});
