import { formatTime, MINUTE, SECOND, type Micros } from '../../../src/lib/time.ts';
import { ID, POD_UID, type Fields, type JournalLine, type Unit } from './recorded.ts';

/** The death, not on a whole second. */
export const END: Micros = 1_795_455_805_123_456;
export const ago = (seconds: number): Micros => END - Math.round(seconds * SECOND);
export const FINISHED = { finishedAt: formatTime(END), initPid: 4_100 } as const;

export const service = (name: string, more: Fields = {}): Fields => ({ _TRANSPORT: 'stdout', _SYSTEMD_UNIT: `${name}.service`, _SYSTEMD_CGROUP: `/system.slice/${name}.service`, _COMM: name, SYSLOG_IDENTIFIER: name, ...more });
export const KUBELET = service('kubelet', { _PID: '2480' });

/** klog's header before kubelet's words, in UTC. */
function klog({ atUs, text }: JournalLine): JournalLine {
  const time = formatTime(atUs);
  return { atUs: atUs + 2_000, text: `I${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 26)}    2480 x.go:1] ${text}` };
}

/** kubelet's lines, each so many seconds before the death. */
export const kubelet = (...lines: readonly (readonly [secondsBefore: number, text: string])[]): Unit => ({ fields: KUBELET, lines: lines.map(([seconds, text]) => klog({ atUs: ago(seconds), text })) });

const NAMED = `pod="shop/cart-7d9f" podUID="${POD_UID}" containerName="app" containerID="containerd://${ID}"`;
export const stopping = (seconds: number, grace: number): readonly [number, string] => [seconds, `"Killing container with a grace period" ${NAMED} gracePeriod=${String(grace)}`];

/** The lines of a kernel's report that matter, at one moment. */
export const kernel = (seconds: number, ...lines: readonly string[]): readonly JournalLine[] => lines.map((text, index) => ({ atUs: ago(seconds) + index, text }));

export const CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`;
/** As Linux 6.12 printed it in test/recordings/container-limit-6.12-containerd, of this container. */
export const limitKill = (seconds: number, pid: number = FINISHED.initPid): readonly JournalLine[] =>
  kernel(
    seconds,
    'eat invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969',
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-${ID}.scope,mems_allowed=0,oom_memcg=${CGROUP},task_memcg=${CGROUP},task=eat,pid=${String(pid)},uid=0`,
    `Memory cgroup out of memory: Killed process ${String(pid)} (eat) total-vm:66788kB, anon-rss:48640kB, file-rss:768kB, shmem-rss:0kB, UID:0 pgtables:176kB oom_score_adj:969`,
  );

/** auditd's file: who sent which signal to PID 1. Numbers of calls are x86_64's. */
export function audited(seconds: number, { signal = 9, named = 4_100, to = 4_100, exe = '/usr/bin/dash', comm = 'sh', serial = 18 } = {}): string {
  const stamp = `${(ago(seconds) / SECOND).toFixed(3)}:${String(serial)}`;
  return [
    `type=SYSCALL msg=audit(${stamp}): arch=c000003e syscall=62 success=yes exit=0 a0=${named.toString(16)} a1=${signal.toString(16)} a2=0 a3=0 items=0 ppid=9013 pid=9027 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="${comm}" exe="${exe}" key="why137"`,
    `type=OBJ_PID msg=audit(${stamp}): opid=${String(to)} oauid=-1 ouid=0 oses=-1 ocomm="app"`,
    '',
  ].join('\n');
}

export { ID, MINUTE, POD_UID };
