/**
 * OOM reports as the kernel words them, whole: header, call trace, memory tables, task dump, kill. Kinds in turn, so
 * that every few hundred kills hold every wording that a reader must find.
 */
const KINDS = ['limit', 'node', 'before-5.0', 'group', 'kill-line-only', 'limit-of-pod'];

/** @returns {{lines: string[], pids: number[]}} lines without any prefix, and who was killed */
export function report(rng, at) {
  const kind = KINDS[at % KINDS.length];
  const pid = 2_000 + rng.below(4_000_000);
  const comm = rng.of(['java', 'node', 'python3', 'mysqld', 'a b (c)', 'postgres: write', 'runc:[2:INIT]']);
  const pod = `${rng.hex(8)}-${rng.hex(4)}-${rng.hex(4)}-${rng.hex(4)}-${rng.hex(12)}`;
  const podCgroup = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod.replaceAll('-', '_')}.slice`;
  const id = rng.hex(64);
  const cgroup = `${podCgroup}/cri-containerd-${id}.scope`;
  const rss = 10_000 + rng.below(4_000_000);
  const sizes = `total-vm:${rss * 2}kB, anon-rss:${rss}kB, file-rss:${rng.below(9_000)}kB, shmem-rss:0kB`;
  const tail = `, UID:0 pgtables:${rng.below(9_000)}kB oom_score_adj:${rng.below(1_000)}`;
  const killed = (victim) => `Memory cgroup out of memory: Killed process ${victim} (${comm}) ${sizes}${tail}`;
  const chosen = (constraint, limit) =>
    `oom-kill:constraint=${constraint},nodemask=(null),cpuset=cri-containerd-${id}.scope,mems_allowed=0,${limit},task_memcg=${cgroup},task=${comm},pid=${pid},uid=0`;
  const memory = [
    `memory: usage ${rss}kB, limit ${rss}kB, failcnt ${rng.below(9_000)}`,
    'swap: usage 0kB, limit 0kB, failcnt 0',
    `Memory cgroup stats for ${cgroup}:`,
    ...STATISTICS.map((name) => `${name} ${rng.below(4_000_000_000)}`),
  ];
  switch (kind) {
    case 'kill-line-only':
      return { lines: [killed(pid)], pids: [pid] };
    case 'node':
      return { lines: [...header(rng, comm, pid), ...memInfo(rng), ...dump(rng, pid, comm, 120), chosen('CONSTRAINT_NONE', 'global_oom'), `Out of memory: Killed process ${pid} (${comm}) ${sizes}${tail}`, reaped(pid, comm)], pids: [pid] };
    case 'before-5.0':
      return {
        lines: [
          ...header(rng, comm, pid),
          `Task in ${cgroup} killed as a result of limit of ${podCgroup}`,
          ...memory.slice(0, 1),
          'memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
          ...dump(rng, pid, comm, 5),
          `Memory cgroup out of memory: Kill process ${pid} (${comm}) score ${rng.below(1_000)} or sacrifice child`,
          `Killed process ${pid} (${comm}) ${sizes}`,
          reaped(pid, comm),
        ],
        pids: [pid],
      };
    case 'group': {
      const pids = [pid, pid + 7, pid + 9];
      return {
        lines: [...header(rng, comm, pid), ...memory, ...dump(rng, pid, comm, 3), chosen('CONSTRAINT_MEMCG', `oom_memcg=${cgroup}`), killed(pid), `Tasks in ${cgroup} are going to be killed due to memory.oom.group set`, ...pids.map(killed), reaped(pid, comm)],
        pids,
      };
    }
    default:
      return {
        lines: [...header(rng, comm, pid), ...memory, ...dump(rng, pid, comm, 4), chosen('CONSTRAINT_MEMCG', `oom_memcg=${kind === 'limit' ? cgroup : podCgroup}`), killed(pid), reaped(pid, comm)],
        pids: [pid],
      };
  }
}

const STATISTICS = ['anon', 'file', 'kernel', 'kernel_stack', 'pagetables', 'sec_pagetables', 'percpu', 'sock', 'vmalloc', 'shmem', 'zswap', 'file_mapped', 'file_dirty', 'file_writeback', 'swapcached', 'anon_thp', 'inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable', 'slab_reclaimable', 'slab_unreclaimable', 'workingset_refault_anon', 'workingset_refault_file', 'pgscan', 'pgsteal', 'pgfault', 'pgmajfault', 'thp_fault_alloc'];
const TRACE = ['dump_stack_lvl+0x44/0x5c', 'dump_header+0x4a/0x211', 'oom_kill_process.cold+0xb/0x10', 'out_of_memory+0x1fd/0x4c0', 'mem_cgroup_out_of_memory+0x134/0x150', 'try_charge_memcg+0x6d0/0x7d0', '__mem_cgroup_charge+0x3c/0x90', '__handle_mm_fault+0x950/0xfa0', 'handle_mm_fault+0xdb/0x2d0', 'do_user_addr_fault+0x1b8/0x690', 'exc_page_fault+0x70/0x170', 'asm_exc_page_fault+0x22/0x30'];

function header(rng, comm, pid) {
  return [
    `${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=${rng.below(1_000)}`,
    `CPU: ${rng.below(64)} PID: ${pid} Comm: ${comm} Not tainted 6.1.0-25-amd64 #1  Debian 6.1.106-3`,
    'Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2 04/01/2014',
    'Call Trace:',
    ' <TASK>',
    ...TRACE.map((frame) => ` ${frame}`),
    ` RIP: 0033:0x${rng.hex(12)}`,
    ' </TASK>',
  ];
}

function memInfo(rng) {
  return [
    'Mem-Info:',
    `active_anon:${rng.below(9_000_000)} inactive_anon:${rng.below(9_000_000)} isolated_anon:0`,
    ...['DMA', 'DMA32', 'Normal'].map((zone) => `Node 0 ${zone} free:${rng.below(90_000)}kB boost:0kB min:${rng.below(9_000)}kB low:${rng.below(9_000)}kB high:${rng.below(9_000)}kB present:${rng.below(9_000_000)}kB`),
    `${rng.below(9_000)} total pagecache pages`,
    '0 pages in swap cache',
    `${rng.below(9_000_000)} pages RAM`,
  ];
}

function dump(rng, pid, comm, others) {
  const row = (task, name) => `[${String(task).padStart(7)}]     0 ${String(task).padStart(5)} ${String(rng.below(900_000)).padStart(8)} ${String(rng.below(90_000)).padStart(8)} ${String(rng.below(900_000)).padStart(8)}        0           ${rng.below(1_000)} ${name}`;
  return [
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    row(pid, comm),
    ...Array.from({ length: others }, () => row(100 + rng.below(90_000), rng.of(['sh', 'pause', 'kubelet', 'nginx', 'sleep']))),
  ];
}

const reaped = (pid, comm) => `oom_reaper: reaped process ${pid} (${comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`;
