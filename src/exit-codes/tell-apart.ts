import type { TellApart } from '../model/exit-code.ts';

/** What tells the causes of a 137 apart, in the order in which they are worth checking. */
export const TELL_APART_137: readonly TellApart[] = [
  {
    cause: 'container-limit-oom',
    how: "The kernel log has oom-kill:constraint=CONSTRAINT_MEMCG with the container's own cgroup in oom_memcg= (before Linux 5.0: killed as a result of limit of), and PID 1 as its victim, be it as one of all in there (memory.oom.group, which kubelet sets on cgroup v2 since 1.28).",
  },
  {
    cause: 'pod-limit-oom',
    how: "The same line, but oom_memcg= is the pod's cgroup, and its limit is more than the one container's. Above the pod it is qos-limit-oom; at kubepods itself, node-allocatable-oom.",
  },
  {
    cause: 'ancestor-limit-oom',
    how: 'The same line, but oom_memcg= is some other cgroup around the container, such as that of a service on the node.',
  },
  {
    cause: 'cgroup-limit-oom',
    how: 'Of a burst of reports only "Memory cgroup out of memory: Killed process" is left: a limit it was, but not said whose.',
  },
  {
    cause: 'node-oom',
    how: 'The line says constraint=CONSTRAINT_NONE and global_oom: the node was out of memory. Raising the limit of this container will not help.',
  },
  {
    cause: 'numa-oom',
    how: 'The line says global_oom as well, but constraint=CONSTRAINT_CPUSET or CONSTRAINT_MEMORY_POLICY: only the memory nodes that the process is bound to were full.',
  },
  { cause: 'userspace-oom', how: 'systemd-oomd, earlyoom, nohang or oomd logged that it killed it; the kernel did not.' },
  {
    cause: 'liveness-probe',
    how: 'Event Killing: "failed liveness probe" (or startup probe), and the program had not ended when the grace period was over.',
  },
  { cause: 'eviction', how: "The pod's status says Evicted, or that it was preempted or the node was shutting down; kubelet logged it." },
  {
    cause: 'pod-deletion',
    how: 'The pod was deleted, SIGTERM came first, and the end came terminationGracePeriodSeconds later.',
  },
  { cause: 'runtime-stop', how: 'docker kill, docker stop or crictl stop: the runtime logged the stop, and no kubelet asked for it.' },
  {
    cause: 'not-oom',
    how: "The kernel log was read without a gap over that moment and has no kill of it; the kernel's own count (oom_kill in /proc/vmstat) did not grow.",
  },
  { cause: 'external-sigkill', how: 'An audit rule for kill names the process that sent SIGKILL; without the rule nobody can tell.' },
  {
    cause: 'program',
    how: 'Nobody killed PID 1: it returned 137, as a shell does whose child was killed (by what, its own kill tells), or a .NET host that cannot start.',
  },
  {
    cause: 'unknown',
    how: 'Reason ContainerStatusUnknown, or a shim that died: the runtime put 137 in place of a code that nobody saw.',
  },
];
