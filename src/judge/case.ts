import type { Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from '../model/container-exit.ts';
import type { Level, OomKill } from '../model/oom-kill.ts';
import type { BlindSpot } from '../model/verdict.ts';
import type { WitnessFact } from '../model/witness.ts';

/** How well a log is known over the moment of death. */
export interface LogView {
  /**
   * `proven`: a source has certainly read past the moment. `presumed`: one was up over it and the settle time has
   * passed without word from it. `waiting`: it may still deliver. `behind`: the settle time has passed, and one that
   * tells how far it has read has not come to the moment. `none`: nobody was reading.
   */
  readonly state: 'proven' | 'presumed' | 'waiting' | 'behind' | 'none';
  /** Sources that were reading. */
  readonly sources: readonly string[];
  readonly blindSpots: readonly BlindSpot[];
}

/** The kernel's. */
export type KernelLogView = LogView;

/** What the kernel's own count of kills says of the time around the death. */
export interface LedgerView {
  /**
   * `unchanged`: the kernel killed nobody. `agrees`: as many kills as lines were read. `ahead`: more than were read.
   * `behind`: fewer than were read, so that some were not the kernel's. `unknown`: no readings around the moment.
   */
  readonly state: 'unchanged' | 'agrees' | 'ahead' | 'behind' | 'unknown';
  readonly counted: number | null;
  readonly parsed: number;
  /** The kernel's own records hold exactly as many kill lines as it counted: none was lost, none is anybody else's. */
  readonly exact: boolean;
  readonly from: Micros | null;
  readonly to: Micros | null;
}

/** What the kernel's own count of the container's cgroup, or of its pod's, says of its life up to the death. */
export interface CgroupView {
  /** `none`: the kernel killed nobody in it. `some`: it did. `unknown`: the count was not read after the death. */
  readonly state: 'none' | 'some' | 'unknown';
  readonly killed: number | null;
  /** Whose cgroup was counted: where the container's own is gone, its pod's tells. */
  readonly of: 'container' | 'pod' | null;
  /** The count holds whatever was killed in cgroups below, too. */
  readonly whole: boolean;
  readonly from: Micros | null;
  readonly to: Micros | null;
  /** The one cgroup around it whose limit was hit in that time; null: not known, or there were several. */
  readonly limit: CgroupLimit | null;
}

export interface CgroupLimit {
  /** `node`: no limit around it was hit, so that it was the node that ran out. */
  readonly level: Level;
  readonly cgroup: string | null;
  /** Counted where nothing could be reclaimed (cgroup v2); else the limit was hit, and reclaim may have helped. */
  readonly exact: boolean;
}

/** Everything that is known of one exit when it is judged. */
export interface Case {
  readonly exit: ContainerExit;
  readonly finishedUs: Micros;
  readonly startedUs: Micros | null;
  /** OOM kills that belong to this container by container id, cgroup or PID 1's host pid; oldest first. */
  readonly kills: readonly OomKill[];
  /** A kill shortly before the exit whose container nobody can tell: no cgroup (or one that names none), and no known container's PID 1. */
  readonly nameless: OomKill | null;
  /** Other containers known in the same pod. */
  readonly siblings: readonly Container[];
  readonly kernelLog: KernelLogView;
  readonly ledger: LedgerView;
  readonly cgroup: CgroupView;
  /** What other witnesses tell of this container, by identity, from its start to shortly after its end; oldest first. */
  readonly witness: readonly WitnessFact[];
  /** This node's kubelet tells whom it stops: it has, and for certain. */
  readonly tellsOfStops: boolean;
  /** How well their logs are known: only what was read can be said not to have happened. */
  readonly witnessLog: LogView;
  /** The settle time is over. */
  readonly settled: boolean;
}
