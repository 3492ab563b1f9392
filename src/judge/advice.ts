import { sayBytes } from '../lib/bytes.ts';
import type { Cause } from '../model/cause.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { VictimRole } from '../model/verdict.ts';
import { factsOf, type WitnessFact } from '../model/witness.ts';
import { heapHint } from './heap-hint.ts';

/** What advice may rest on. */
export interface AdviceFacts {
  readonly exit: Pick<ContainerExit, 'exitCode' | 'podUid' | 'initPid'>;
  /** The kernel's kill that is the cause. */
  readonly kill: OomKill | null;
  readonly victimRole: VictimRole | null;
  /** Processes inside it that were OOM-killed, whether that is the cause or not. */
  readonly killsInside: number;
  /** What witnesses told that decides. */
  readonly facts: readonly (WitnessFact | null)[];
}

type Advice = (facts: AdviceFacts) => readonly (string | null)[];

/**
 * What an engineer would say to do, by cause. One table: the first sentence holds whatever the facts are, the others
 * only where a fact calls for them. Nothing that nobody saw is claimed.
 */
const ADVICE: Readonly<Record<Cause, Advice>> = {
  'container-limit-oom': (facts) => [
    facts.kill?.level === 'nested'
      ? 'The limit is one that something inside the container set on a cgroup of its own: look there before raising the container\'s.'
      : "Raise the container's memory limit, or bound what the program uses (heap, caches, workers).",
    inMemoryFiles(facts),
    kernelMemory(facts),
    child(facts),
    group(facts),
    heapHint(facts.kill?.victim.comm ?? null),
  ],
  'pod-limit-oom': (facts) => [
    "The limit is the pod's: its containers and the files in its memory-backed emptyDir volumes count together. It is the sum of its containers' limits, unless the pod sets one of its own (spec.resources): raise that, or bound the container that grew.",
    bystander(facts),
    inMemoryFiles(facts),
    kernelMemory(facts),
  ],
  'qos-limit-oom': (facts) => [
    "Pods of one QoS class together hit a limit of their slice (kubelet's qosReserved sets one, or an administrator did): raising this container's limit does not help. Lift that limit, or set requests that match use, so that fewer pods share it.",
    bystander(facts),
  ],
  'node-allocatable-oom': (facts) => [
    "Pods together used all that the node allots to them: raising this container's limit does not help. Set requests near real use so that fewer pods land on the node, give limits to those that have none, or add memory.",
    bystander(facts),
    firstChosen(facts),
  ],
  'ancestor-limit-oom': () => ['A cgroup around the container, neither its own nor its pod\'s, has a limit: find who set it (the path is in the evidence) and raise it, or use less below it.'],
  'cgroup-limit-oom': () => ["A memory limit was hit, and which is not known: compare the container's use with its limit before raising anything."],
  'node-oom': (facts) => [
    facts.exit.podUid === null
      ? "Raising this container's limit will not help: the node itself ran out of memory. Give limits to what has none, run less on it, or add memory."
      : "Raising this container's limit will not help: the node itself ran out of memory. Set requests near real use, give limits to pods that have none, and reserve memory for the system (kube-reserved, system-reserved, eviction thresholds).",
    bystander(facts),
    inMemoryFiles(facts),
    kernelMemory(facts),
    hugePages(facts),
    firstChosen(facts),
  ],
  'numa-oom': ({ kill }) => [
    kill?.scope === 'cpuset'
      ? 'The memory nodes of its cpuset ran out, though others may have had memory: widen the cpuset (cpuset.mems; kubelet sets it for Guaranteed pods where its memory manager has the policy Static), or place it elsewhere.'
      : 'The memory nodes of a memory policy (numactl, mbind, set_mempolicy) ran out, though others may have had memory: prefer nodes instead of binding to them, or place it elsewhere.',
  ],
  'userspace-oom': () => ['A userspace OOM killer chose it before the kernel had to: its reason and figures are in the evidence. See who used the memory, or tell the killer what to leave alone (systemd-oomd kills only below units with ManagedOOMSwap=kill or ManagedOOMMemoryPressure=kill; earlyoom has --avoid).'],
  'liveness-probe': () => ['Its liveness probe failed until kubelet killed it: find why it did not answer (CPU limit, memory near its limit, long pauses, what the probe itself waits for) before loosening the probe.'],
  'startup-probe': () => ['Its startup probe failed until kubelet killed it: see what start-up waits for, or give it more time (failureThreshold × periodSeconds of the startup probe).'],
  eviction: ({ facts }) => {
    const [one] = factsOf(facts.filter((fact) => fact !== null), 'eviction');
    return [one?.limit === true ? EVICTED_FOR_LIMIT : 'kubelet evicted the pod to free what the node was short of (the evidence says of what, where kubelet does): see who used most of it. Of memory and disk, pods that use more than they request go first: set requests near real use.'];
  },
  preemption: () => ["kubelet ended the pod because a critical pod (static, or of a system- priority class) was to start on this node and its requests did not fit beside the others'. Leave room on nodes for such pods; of the others, BestEffort pods go first and Guaranteed ones last."],
  'node-shutdown': () => ["The node shut down: nothing to mend in the container. If it needs longer to end, lengthen kubelet's shutdownGracePeriod: a pod gets its part of that (critical ones have shutdownGracePeriodCriticalPods), and no more than its own grace period."],
  'pod-deletion': ({ exit }) => [
    exit.exitCode === 137
      ? 'The pod was deleted (by whom kubelet does not say) and did not end within its grace period, of which a preStop hook is part: handle SIGTERM (as PID 1 it has no default effect, and a shell does not pass it on), or lengthen terminationGracePeriodSeconds.'
      : 'The pod was deleted and ended when it was asked to: nothing to mend.',
  ],
  'runtime-stop': ({ exit }) => [
    exit.exitCode === 137
      ? 'Somebody had the runtime stop or kill it: the evidence says what was asked, and of whom where that is known. After a stop, SIGKILL follows only when the time to end was over: handle SIGTERM, or give it longer.'
      : 'Somebody had the runtime stop it: the evidence says what was asked, and of whom where that is known.',
  ],
  'external-sigkill': ({ exit }) => [
    exit.exitCode === 137
      ? "Another process sent SIGKILL: the evidence names it. It was not the kernel's OOM killer."
      : 'Another process asked it to end by that signal: the evidence names it.',
  ],
  'not-oom': () => [
    "The kernel did not kill it for memory. Look for who sends SIGKILL (a failed probe, a deletion whose grace period ran out, an administrator), or for a program that returns 137 itself; an audit rule for kill would name the sender (docs/audit.md).",
  ],
  program: ({ killsInside }) => [
    'The program ended itself: its own log may tell why.',
    killsInside > 0 ? 'Processes of it were OOM-killed before: look at their memory first.' : null,
  ],
  unknown: () => ['Cure the blind spots that are listed, if any (why137 doctor says how), so that the next one can be told.'],
};

const EVICTED_FOR_LIMIT = "kubelet evicted the pod because it used more local storage than it may: a container's ephemeral-storage limit, the pod's, or the sizeLimit of an emptyDir. The node was not short of it: write less (logs count), clean up, or raise that limit.";

/** Where the cause alone would send people the wrong way. */
export const ADVICE_SYSRQ = 'Nobody need have run out of memory: ask who pressed or wrote sysrq f (/proc/sysrq-trigger) on the node at that time.';
export const ADVICE_GUEST = "Look at the log of the virtual machine's own kernel (its console, as the runtime keeps it), which the node does not have.";

export function adviceFor(cause: Cause, facts: AdviceFacts): string {
  return ADVICE[cause](facts)
    .filter((sentence) => sentence !== null)
    .join(' ');
}

function unowned({ kill }: AdviceFacts, what: 'shmem' | 'kernel' | 'huge-pages'): string | null {
  const found = kill?.culprits?.unowned.find((one) => one.what === what);
  return found === undefined ? null : sayBytes(found.bytes);
}

function inMemoryFiles(facts: AdviceFacts): string | null {
  const held = unowned(facts, 'shmem');
  return held === null ? null : `At least ${held} were files in memory, which a kill does not free: give memory-backed emptyDir volumes a sizeLimit and other tmpfs a size, or clean them up.`;
}

function kernelMemory(facts: AdviceFacts): string | null {
  const held = unowned(facts, 'kernel');
  return held === null ? null : `The kernel itself held ${held} (slab: caches of files and names, network buffers and the like), which no process's size shows: slabtop on the node names the caches.`;
}

function hugePages(facts: AdviceFacts): string | null {
  const held = unowned(facts, 'huge-pages');
  return held === null ? null : `${held} are set aside as huge pages (vm.nr_hugepages) and serve nothing else.`;
}

function bystander({ kill }: AdviceFacts): string | null {
  return kill?.culprits?.victimWas === 'bystander' ? 'What was killed is not what held the memory: begin with what did.' : null;
}

/** kubelet's oom_score_adj for BestEffort; nobody else in a pod has 1000 unless it asked for it. */
function firstChosen({ kill, exit }: AdviceFacts): string | null {
  return exit.podUid !== null && kill?.victim.oomScoreAdj === 1_000 ? 'It was among the first to be chosen (oom_score_adj 1000, as BestEffort pods have): with a memory request it would come later.' : null;
}

function child({ victimRole }: AdviceFacts): string | null {
  return victimRole === 'child' ? 'A child was killed, not PID 1: bound the number of its processes, or what each may use.' : null;
}

/** A process of a pod's container that is not PID 1 took the whole with it. */
function group({ kill, exit, victimRole }: AdviceFacts): string | null {
  const other = kill?.groupKill === true && kill.victim.pid !== null && exit.initPid !== null && kill.victim.pid !== exit.initPid;
  return victimRole === 'group' && other && exit.podUid !== null ? 'All of it was killed for one process, since memory.oom.group is set: where kubelet did that (from 1.28 on, cgroup v2), its singleProcessOOMKill: true (from 1.32 on) spares the others.' : null;
}
