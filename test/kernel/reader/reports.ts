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
  { name: 'BOM', put: (line, at) => `${at === 0 ? '\uFEFF' : ''}Nov 23 17:43:25 node1 kernel: ${line}` },
  { name: 'colours', put: (line, at) => `\u001B[32m[${uptime(at)}] \u001B[0m\u001B[33m${line}\u001B[0m` },
  { name: 'dmesg -d', put: (line, at) => `[${uptime(at)} <    0.000003>] ${line}` },
  { name: 'dmesg -H', put: (line, at) => (at === 0 ? `[Nov23 17:43] ${line}` : `[  +0.000003] ${line}`) },
  { name: 'dmesg -T caller', put: (line) => `[Mon Nov 23 17:43:25 2026] [  T123] ${line}` },
  { name: 'dmesg -T, Chinese', put: (line) => `[一 11月 23 17:43:25 2026] ${line}` },
  { name: 'dmesg --json', put: (line, at) => `${at === 0 ? '{\n   "dmesg": [\n      {' : '      },{'}\n         "pri": 4,\n         "time":   ${(100 + at / 1000).toFixed(6)},\n         "msg": ${JSON.stringify(line)}` },
  { name: 'CPU in the uptime', put: (line, at) => `[${uptime(at)}@3] ${line}` },
  { name: 'CPU and task behind the uptime', put: (line, at) => `<4>[${uptime(at)}]  (3)[1234:dd]${line}` },
  { name: 'CPU and task in brackets', put: (line, at) => `<4>[${uptime(at)}]  [3:             dd: 1234] ${line}` },
  { name: 'logcat', put: (line, at) => `11-23 17:43:25.870     0     0 ${at % 2 === 0 ? 'W' : 'E'} kernel  : ${line}` },
  { name: 'logcat brief', put: (line) => `W/kernel  (    0): ${line}` },
  { name: 'Russian month', put: (line) => `ноя 23 17:43:25 node1 kernel: ${line}` },
  { name: 'French month', put: (line) => `févr. 23 17:43:25 node1 kernel: ${line}` },
  { name: 'without host', put: (line) => `Nov 23 17:43:25 kernel: ${line}` },
  { name: 'ISO without host', put: (line) => `2026-11-23T17:43:25.870158+00:00 kernel: ${line}` },
  { name: 'time cut off', put: (line) => `node1 kernel: ${line}` },
  { name: 'year first', put: (line) => `2026 Nov 23 17:43:25 node1 kernel: ${line}` },
  { name: 'slashes', put: (line) => `2026/11/23 17:43:25 node1 kernel: ${line}` },
  { name: 'OpenWrt', put: (line, at) => `Mon Nov 23 17:43:25 2026 kern.${at % 2 === 0 ? 'warn' : 'info'} kernel: [${uptime(at)}] ${line}` },
  { name: 'busybox', put: (line, at) => `Nov 23 17:43:25 node1 kern.${at % 2 === 0 ? 'warn' : 'err'} kernel: ${line}` },
  { name: 'BSD, verbose', put: (line) => `Nov 23 17:43:25 <kern.warn> node1 kernel: ${line}` },
  { name: 'Talos', put: (line) => `10.5.0.2: kern: warning: [2026-11-23T17:43:25.870158Z]: ${line}` },
  { name: 'rfc5424 without priority', put: (line) => `1 2026-11-23T17:43:25.870158Z node1 kernel - - - ${line}` },
  { name: 'a collector', put: (line, at) => `Nov 23 17:43:26 collector Nov 23 17:43:25 node1 kernel: [${uptime(at).trim()}] ${line}` },
  { name: 'a log store, labels', put: (line) => `2026-11-23T17:43:25Z {job="kernel", host="a"} ${line}` },
  { name: 'a log store, a stream', put: (line) => `2026-11-23T17:43:25.870000+00:00 i-0abc Nov 23 17:43:25 node1 kernel: ${line}` },
  { name: 'a console at its prompt', put: (line, at) => `node1 login: [${uptime(at)}] ${line}` },
  { name: 'kubectl logs --prefix', put: (line, at) => `[pod/reader-abc/reader] [${uptime(at)}] ${line}` },
  { name: 'compose', put: (line, at) => `reader-1  | [${uptime(at)}] ${line}` },
  { name: 'grep', put: (line) => `/var/log/messages-20261123:Nov 23 17:43:25 node1 kernel: ${line}` },
  { name: 'grep -n', put: (line, at) => `${at + 1}:[${uptime(at)}] ${line}` },
  { name: 'a list', put: (line, at) => `- \`[${uptime(at)}] ${line}\`` },
  { name: 'a quoted list', put: (line, at) => `    "[${uptime(at)}] ${line}",` },
  { name: 'a page', put: (line, at) => `<p>[${uptime(at)}] ${line}</p>` },
  { name: 'netconsole', put: (line, at) => `6.4.0,4,${at},${100_000_000 + at * 1000},-;${line}` },
  { name: 'fluentd', put: (line) => `2026-11-23 17:43:25.000000000 +0000 kernel.oom: ${JSON.stringify({ message: line })}` },
  { name: 'fluent-bit', put: (line, at) => `[${at}] kmsg.0: [[1795455805.476000000, {}], {"priority"=>4, "sequence"=>${at}, "msg"=>"${line}"}]` },
  { name: 'vector', put: (line) => JSON.stringify({ appname: 'kernel', facility: 'kern', hostname: 'node1', message: line, timestamp: '2026-11-23T17:43:25Z' }) },
  { name: 'GELF', put: (line) => JSON.stringify({ version: '1.1', host: 'node1', short_message: line, timestamp: 1_795_455_805.4, _facility: 'kern' }) },
  { name: 'Splunk', put: (line) => JSON.stringify({ preview: false, result: { _raw: `Nov 23 17:43:25 node1 kernel: ${line}` } }) },
  { name: 'Azure', put: (line) => JSON.stringify({ Facility: 'kern', ProcessName: 'kernel', SyslogMessage: line, TimeGenerated: '2026-11-23T17:43:25Z' }) },
  { name: 'jsonPayload', put: (line) => JSON.stringify({ jsonPayload: { MESSAGE: line, SYSLOG_IDENTIFIER: 'kernel' }, timestamp: '2026-11-23T17:43:25Z' }, null, 2) },
  { name: 'CloudWatch', put: (line) => `${JSON.stringify({ timestamp: 1_795_455_805_476, message: `Nov 23 17:43:25 node1 kernel: ${line}` }, null, 4)},` },
  { name: 'json-pretty', put: (line, at) => JSON.stringify(journal(line, at), null, '\t') },
  { name: 'json-sse', put: (line, at) => `data: ${JSON.stringify(journal(line, at))}\n` },
  { name: 'json-seq', put: (line, at) => `\u001E${JSON.stringify(journal(line, at))}` },
  { name: 'export', put: (line, at) => `${Object.entries(journal(line, at)).map(([name, value]) => `${name}=${value}`).join('\n')}\n` },
  { name: 'verbose', put: (line, at) => `Mon 2026-11-23 17:43:25.870158 UTC [s=ab;i=${at};b=cd;m=5f;t=65f;x=3]\n    _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    MESSAGE=${line}\n    _SOURCE_MONOTONIC_TIMESTAMP=1` },
];

function uptime(at: number): string {
  return (100 + at / 1000).toFixed(6).padStart(12);
}

function journal(line: string, at: number): Record<string, string> {
  return { __CURSOR: `s=1;i=${at}`, __REALTIME_TIMESTAMP: String(1_795_455_805_476_991 + at), SYSLOG_FACILITY: '0', MESSAGE: line, _TRANSPORT: 'kernel' };
}
