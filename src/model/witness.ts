import type { Micros } from '../lib/time.ts';

/**
 * What witnesses other than the kernel's OOM reports tell of containers: kubelet, runtimes, userspace OOM killers,
 * audit, and the kernel's words on faults. Times are microseconds, durations milliseconds; unknown is null.
 */

/** Programs that tell. */
export type WitnessName =
  | 'kubelet'
  | 'containerd'
  | 'cri-o'
  | 'conmon'
  | 'docker'
  | 'podman'
  | 'systemd'
  | 'systemd-oomd'
  | 'oomd'
  | 'earlyoom'
  | 'nohang'
  | 'audit'
  | 'kernel';

/**
 * How well it is proven who wrote it. `proven`: journald's own fields name the program's unit, process and way of
 * logging, or the kernel's; `api`: a runtime's socket answered; `text`: a text file, into which anybody may have logged.
 */
export type WitnessTrust = 'proven' | 'api' | 'text';

/** Of whom a fact tells, as far as the witness says: whatever is told must fit. */
export interface Subject {
  readonly containerId: string | null;
  readonly podUid: string | null;
  readonly podNamespace: string | null;
  readonly podName: string | null;
  readonly containerName: string | null;
  /** A process as the host numbers it. */
  readonly pid: number | null;
  readonly cgroup: string | null;
}

export const NOBODY: Subject = { containerId: null, podUid: null, podNamespace: null, podName: null, containerName: null, pid: null, cgroup: null };

/** Why somebody asked for a container's end. */
export type StopReason =
  | 'liveness-probe'
  | 'startup-probe'
  | 'eviction'
  | 'preemption'
  | 'node-shutdown'
  | 'pod-deletion'
  /** The container's definition changed, or the pod's: kubelet starts it anew. */
  | 'restart'
  /** A hook failed, the sandbox is gone, and others that say what but are no cause of their own. */
  | 'other'
  | 'unknown';

/** What a fact says. `detail` and `text` are the witness's own words, for people; they are hostile. */
export type WitnessTold =
  /**
   * Somebody asked for the end of a container. `signal` is what was sent at first (SIGTERM), `gracePeriodMs` the time
   * until SIGKILL (0: at once); `phase` `kill` says that the time is over and SIGKILL is sent now.
   */
  | {
      readonly kind: 'stop-request';
      readonly by: WitnessName;
      readonly reason: StopReason;
      readonly phase: 'stop' | 'kill';
      readonly gracePeriodMs: number | null;
      readonly signal: string | null;
      readonly detail: string | null;
    }
  /** A probe failed, or could not be made. Readiness ends nobody. */
  | { readonly kind: 'probe-failed'; readonly probe: 'liveness' | 'startup' | 'readiness'; readonly detail: string | null }
  /**
   * kubelet evicts the pod. `signal` as kubelet names it (memory.available, nodefs.available …), `resource` what ran
   * low (memory, ephemeral-storage …); `limit` says that it was the pod's own limit and not the node.
   */
  | {
      readonly kind: 'eviction';
      readonly signal: string | null;
      readonly resource: string | null;
      readonly thresholdText: string | null;
      readonly observedText: string | null;
      readonly limit: boolean;
      readonly detail: string | null;
    }
  /** kubelet makes room for a critical pod; what the scheduler preempts is deleted. */
  | { readonly kind: 'preemption'; readonly detail: string | null }
  /** The node shuts down and kubelet ends its pods. */
  | { readonly kind: 'node-shutdown'; readonly gracePeriodMs: number | null; readonly detail: string | null }
  /** The pod is deleted: by whom kubelet does not say. */
  | { readonly kind: 'pod-deletion'; readonly gracePeriodMs: number | null; readonly detail: string | null }
  /** A userspace OOM killer killed a process (`pid`) or a whole cgroup (`cgroup`). */
  | {
      readonly kind: 'userspace-kill';
      readonly by: WitnessName;
      readonly comm: string | null;
      readonly uid: number | null;
      readonly signal: string | null;
      /** Why, in its own words. */
      readonly reason: string | null;
      /** Its figures by name, in bytes where they are sizes (`rssBytes`), in percent, or as the killer prints them. */
      readonly figures: Readonly<Record<string, number | string>>;
    }
  /**
   * A process sent a signal to another (audit): the subject's `pid` is the one that got it. `named` is the number by which
   * the sender named it (negative: a group), as the sender's own namespace counts; null where it named none.
   */
  | {
      readonly kind: 'signal-sent';
      readonly signal: string;
      readonly success: boolean;
      readonly sender: Sender;
      readonly named: number | null;
    }
  /**
   * A process died by a signal, as the kernel says. `ownFault`: the kernel sent it, for what the process did; else it may
   * have been sent by another, or by the process to itself (abort). The subject's `pid` may be one of its threads'.
   */
  | { readonly kind: 'fault'; readonly comm: string | null; readonly signal: string | null; readonly ownFault: boolean; readonly text: string }
  /** A runtime was told of an OOM in the container: a process was killed, or, on cgroup v1, a limit around it was hit. */
  | { readonly kind: 'oom-event'; readonly by: WitnessName }
  /** A runtime has lost the shim that held the container: as a rule after its end. */
  | { readonly kind: 'shim-gone'; readonly by: WitnessName }
  /** A container is there, by this identity. */
  | {
      readonly kind: 'container';
      readonly runtime: string | null;
      readonly restartCount: number | null;
      /** When it started; null where the line does not tell. */
      readonly startedUs: Micros | null;
    }
  /** A container ended; the code is null where the line does not tell it. */
  | { readonly kind: 'exit'; readonly by: WitnessName; readonly exitCode: number | null; readonly runtime: string | null };

/** Who sent a signal. Pids are as the host numbers them. */
export interface Sender {
  readonly pid: number | null;
  readonly ppid: number | null;
  readonly comm: string | null;
  readonly exe: string | null;
  readonly uid: number | null;
  /** The user who logged in, whoever that became since (audit's `auid`); null where nobody did. */
  readonly auid: number | null;
  /** Its cgroup, if it still lived to be looked at. */
  readonly cgroup: string | null;
  /** Its parent's, where its own was not seen. systemd and a runtime's shim put their children into other ones. */
  readonly parentCgroup: string | null;
  /** The container that it was in, where that is known, and as what people know that (`namespace/pod/container`). */
  readonly containerId: string | null;
  readonly containerName: string | null;
}

export const UNKNOWN_SENDER: Sender = { pid: null, ppid: null, comm: null, exe: null, uid: null, auid: null, cgroup: null, parentCgroup: null, containerId: null, containerName: null };

/** Where a fact comes from, when, and of whom it tells. */
export interface FactOrigin {
  readonly atUs: Micros | null;
  readonly witness: WitnessName;
  /** The source's name: units, /var/log/syslog, docker … */
  readonly source: string;
  readonly trust: WitnessTrust;
  readonly about: Subject;
  /** The line, or the event in words, as it was read. */
  readonly raw: string;
}

export type WitnessFact = FactOrigin & WitnessTold;
export type WitnessKind = WitnessTold['kind'];
export type FactOf<K extends WitnessKind> = Extract<WitnessFact, { readonly kind: K }>;

/** The facts of these kinds. */
export function factsOf<K extends WitnessKind>(facts: readonly WitnessFact[], ...kinds: readonly K[]): readonly FactOf<K>[] {
  const wanted = new Set<string>(kinds);
  return facts.filter((fact): fact is FactOf<K> => wanted.has(fact.kind));
}
