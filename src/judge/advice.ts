import type { Cause } from '../model/cause.ts';

/** What an engineer would say to do, by cause. One table, kept short and true. */
const ADVICE: Readonly<Record<Cause, string>> = {
  'container-limit-oom': "Raise the container's memory limit, or bound what the program uses (heap, caches, workers, files in memory-backed volumes).",
  'pod-limit-oom': "The limit is the pod's: look at all its containers together; a memory-backed emptyDir counts too. Raise the pod's limit or bound the container that grew.",
  'qos-limit-oom': 'The QoS slice of the pod has a limit (kubelet --qos-reserved or an administrator): set requests that match use, or lift that limit.',
  'node-allocatable-oom': "Pods together used all that the node allots to them: this container's own limit does not help. Set requests near real use so that fewer pods land on the node, or add memory.",
  'ancestor-limit-oom': 'A cgroup around the container has a limit that Kubernetes did not set: find who set it (the path is in the evidence) and raise it.',
  'cgroup-limit-oom': "A memory limit was hit, most often the container's own: compare its use with its limit before raising anything.",
  'node-oom': "The node is overcommitted: raising this container's limit will not help. Find who held the memory, set requests near real use, reserve memory for the system (kube-reserved, system-reserved).",
  'numa-oom': 'Memory of the NUMA node that it is bound to ran out while others may have had some: widen its cpuset or memory policy, or place it by topology.',
  'userspace-oom': 'A userspace OOM killer chose it before the kernel had to: see its reason and figures, and its configuration.',
  'liveness-probe': "Its liveness probe failed until kubelet killed it: see why it did not answer (load, CPU limit, long pauses) before loosening the probe.",
  'startup-probe': 'Its startup probe failed until kubelet killed it: see what start-up waits for, or give it more time (failureThreshold × periodSeconds).',
  eviction: 'kubelet evicted the pod because the node ran low: set requests near real use, and see who used more than it asked for.',
  preemption: 'A pod of higher priority took its place: give it a priority that fits, or the cluster more room.',
  'node-shutdown': 'The node shut down: nothing to mend in the container; see why it takes longer than its grace period to end.',
  'pod-deletion': 'The pod was deleted and did not end within its grace period: handle SIGTERM (a shell as PID 1 does not pass it on), or lengthen terminationGracePeriodSeconds.',
  'runtime-stop': 'Somebody asked the runtime to stop or kill it: find who in the evidence.',
  'external-sigkill': 'Another process sent SIGKILL: the evidence names it.',
  'not-oom': "Memory is not the reason. Look for who sends SIGKILL (a failed probe, a deletion whose grace period ran out, an administrator) or a program that returns 137 itself; an audit rule for kill would name the sender.",
  program: "The program ended itself: its own log tells why. Where one of its processes was OOM-killed before, look at memory first.",
  unknown: 'Cure the blind spots that are listed (why137 doctor says how), so that the next one can be told.',
};

/** Where the cause alone would send people the wrong way. */
export const ADVICE_SYSRQ = 'Nobody need have run out of memory: ask who pressed or wrote sysrq f (/proc/sysrq-trigger) on the node at that time.';
export const ADVICE_GUEST = "Look at the log of the virtual machine's own kernel (its console, as the runtime keeps it), which the node does not have.";

export function adviceFor(cause: Cause): string {
  return ADVICE[cause];
}
