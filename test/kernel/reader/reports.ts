import fc from 'fast-check';

/** Makes kernel reports of every kind as text lines, for property tests. */
const hex64 = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 64, maxLength: 64 });
const comm = fc.oneof(
  fc.constantFrom('dd', 'java', 'a,pid=1,uid=0', ') total-vm:1kB', 'x,task=y', '(sd-pam)', 'runc:[2:INIT]', 'a b  c'),
  fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ09 ,=():[]#-/')), minLength: 1, maxLength: 15 }).filter((name) => name.trim() === name && !name.includes('#0')),
);

export interface MadeReport {
  readonly lines: readonly string[];
  readonly pids: readonly number[];
}

export const report: fc.Arbitrary<MadeReport> = fc
  .record({
    kind: fc.constantFrom('v2', 'global', 'old', 'bare-kill', 'group'),
    id: hex64,
    comm,
    pid: fc.integer({ min: 2, max: 4_000_000 }),
    rss: fc.integer({ min: 0, max: 1_000_000 }),
    tasks: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ kind, id, comm: name, pid, rss, tasks }) => {
    const cgroup = `/kubepods/burstable/pod0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f/${id}`;
    const sizes = `total-vm:${rss + 100}kB, anon-rss:${rss}kB, file-rss:4kB, shmem-rss:0kB`;
    const killed = (victim: number): string => `Memory cgroup out of memory: Killed process ${victim} (${name}) ${sizes}, UID:0 pgtables:132kB oom_score_adj:900`;
    const header = [
      `${name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900`,
      `CPU: 0 PID: ${pid} Comm: ${name} Not tainted 6.1.0 #1`,
      'Call Trace:',
      ' dump_stack+0x1/0x2',
    ];
    const usage = [`memory: usage 49152kB, limit 49152kB, failcnt 7`, `Memory cgroup stats for ${cgroup}:`];
    const dump = [
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      `[${String(pid).padStart(7)}]     0 ${pid}     1000      100   1000        0           900 ${name}`,
      ...Array.from({ length: tasks }, (_, at) => `[${String(pid + at + 1).padStart(7)}]     0 ${pid + at + 1}     1000      100   1000        0           900 sh`),
    ];
    const chosen = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=${name},pid=${pid},uid=0`;
    switch (kind) {
      case 'v2':
        return { lines: [...header, ...usage, ...dump, chosen, killed(pid)], pids: [pid] };
      case 'group': {
        const others = Array.from({ length: tasks }, (_, at) => pid + at + 1);
        return {
          lines: [...header, ...usage, ...dump, chosen, killed(pid), `Tasks in ${cgroup} are going to be killed due to memory.oom.group set`, killed(pid), ...others.map(killed)],
          pids: [pid, ...others],
        };
      }
      case 'global':
        return {
          lines: [
            ...header,
            'Mem-Info:',
            ...dump,
            `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${cgroup},task=${name},pid=${pid},uid=0`,
            `Out of memory: Killed process ${pid} (${name}) ${sizes}, UID:0 pgtables:132kB oom_score_adj:0`,
          ],
          pids: [pid],
        };
      case 'old':
        return {
          lines: [
            ...header,
            `Task in ${cgroup} killed as a result of limit of ${cgroup}`,
            ...usage,
            ...dump,
            `Memory cgroup out of memory: Kill process ${pid} (${name}) score 998 or sacrifice child`,
            `Killed process ${pid} (${name}) ${sizes}`,
          ],
          pids: [pid],
        };
      default:
        return { lines: [killed(pid)], pids: [pid] };
    }
  });

/** Kernel lines of other subsystems, as they stand between a report's. */
export const otherKernelLine = fc.constantFrom(
  'usb 1-1: new high-speed USB device number 2 using xhci_hcd',
  'TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.',
  'audit: type=1400 audit(1795455805.476:12): apparmor="DENIED" operation="open"',
  'oom_reaper: reaped process 483 (dd), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
  'CPU: 3 PID: 77 Comm: kworker/3:1 Not tainted 6.1.0 #1',
  '[drm] something [  12] odd',
  'oom_kill_process: 5 callbacks suppressed',
);

export const framings: readonly { readonly name: string; readonly put: (line: string, at: number) => string }[] = [
  { name: 'dmesg', put: (line, at) => `[${(100 + at / 1000).toFixed(6).padStart(12)}] ${line}` },
  { name: 'dmesg caller', put: (line, at) => `[${(100 + at / 1000).toFixed(6).padStart(12)}][ T6736] ${line}` },
  { name: 'dmesg -T', put: (line) => `[Mon Nov 23 17:43:25 2026] ${line}` },
  { name: 'rfc3164', put: (line) => `Nov 23 17:43:25 node1 kernel: ${line}` },
  { name: 'rfc3164 uptime', put: (line, at) => `Nov 23 17:43:25 node1 kernel: [${(100 + at / 1000).toFixed(6)}] ${line}` },
  { name: 'rsyslog ISO', put: (line) => `2026-11-23T17:43:25.870158+00:00 node1 kernel: ${line}` },
  { name: 'rfc5424', put: (line) => `<6>1 2026-11-23T17:43:25.870158Z node1 kernel - - - ${line}` },
  { name: 'short-precise', put: (line) => `Nov 23 17:43:25.870158 node1 kernel: ${line}` },
  { name: 'short-iso', put: (line) => `2026-11-23T17:43:25+0000 node1 kernel: ${line}` },
  { name: 'short-full', put: (line) => `Mon 2026-11-23 17:43:25 UTC node1 kernel: ${line}` },
  { name: 'short-monotonic', put: (line, at) => `[${(100 + at / 1000).toFixed(6).padStart(12)}] node1 kernel: ${line}` },
  { name: 'short-unix', put: (line) => `1795455805.476991 node1 kernel: ${line}` },
  { name: 'dmesg -x', put: (line, at) => `kern  :warn  : [${(100 + at / 1000).toFixed(6).padStart(12)}] ${line}` },
  { name: 'kmsg', put: (line, at) => `4,${1000 + at},${100_000_000 + at * 1000},-;${line}` },
  { name: 'kmsg caller', put: (line, at) => `4,${1000 + at},${100_000_000 + at * 1000},-,caller=T12;${line}` },
  { name: 'dmesg -xT', put: (line) => `kern  :warn  : [Mon Nov 23 17:43:25 2026] ${line}` },
  { name: 'CRI log', put: (line) => `2026-11-23T17:43:25.870158123Z stdout F ${line}` },
  { name: 'CRI log of dmesg', put: (line, at) => `2026-11-23T17:43:25.870158123Z stderr F [${(100 + at / 1000).toFixed(6).padStart(12)}] ${line}` },
  { name: 'docker json', put: (line) => JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-11-23T17:43:25.870158Z' }) },
  { name: 'MESSAGE json', put: (line) => JSON.stringify({ MESSAGE: line, SYSLOG_IDENTIFIER: 'kernel' }) },
  { name: 'textPayload', put: (line) => JSON.stringify({ textPayload: line, timestamp: '2026-11-23T17:43:25.870158Z' }) },
  {
    name: 'journal json',
    put: (line, at) => JSON.stringify({ MESSAGE: line, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', __REALTIME_TIMESTAMP: String(1_795_455_805_476_991 + at), __CURSOR: 's=1' }),
  },
  {
    name: 'journal json bytes',
    put: (line, at) => JSON.stringify({ MESSAGE: [...Buffer.from(line)], _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', __REALTIME_TIMESTAMP: String(1_795_455_805_476_991 + at), __CURSOR: 's=1' }),
  },
  { name: 'bare', put: (line) => line },
  { name: 'CRLF', put: (line) => `Nov 23 17:43:25 node1 kernel: ${line}\r` },
];
