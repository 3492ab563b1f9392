import type { Scope } from '../../model/oom-kill.ts';

/** What one line of a report says, by kind. Sizes are kB as the kernel prints them. */
export type Said =
  | {
      readonly kind: 'invoked';
      readonly comm: string | null;
      readonly gfpMask: string | null;
      readonly order: number | null;
      readonly oomScoreAdj: number | null;
    }
  | { readonly kind: 'cpu'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'task-in'; readonly victimCgroup: string; readonly limitCgroup: string | null }
  | {
      readonly kind: 'usage';
      readonly what: 'memory' | 'swap' | 'memory+swap' | 'kmem';
      readonly usageKb: number;
      readonly limitKb: number;
      readonly failcnt: number;
    }
  | { readonly kind: 'stats'; readonly cgroup: string }
  | { readonly kind: 'dump-header'; readonly columns: readonly string[] }
  | { readonly kind: 'dump-row'; readonly pid: number; readonly cells: string }
  | OomKillLine
  | { readonly kind: 'kill'; readonly pid: number; readonly comm: string; readonly scope: Scope }
  | KilledLine
  | { readonly kind: 'group'; readonly cgroup: string }
  /** Nobody was killed: nobody could be, or (with pid) the one chosen was dying already. */
  | { readonly kind: 'no-kill'; readonly pid: number | null };

export interface OomKillLine {
  readonly kind: 'oom-kill';
  readonly scope: Scope;
  readonly oomMemcg: string | null;
  readonly taskMemcg: string | null;
  readonly comm: string | null;
  readonly pid: number | null;
  readonly uid: number | null;
}

export interface KilledLine {
  readonly kind: 'killed';
  /** By the words before "Killed process": memcg, global, or unknown where there are none. */
  readonly scope: Scope;
  readonly pid: number;
  readonly comm: string | null;
  readonly uid: number | null;
  readonly totalVmKb: number | null;
  readonly anonRssKb: number | null;
  readonly fileRssKb: number | null;
  readonly shmemRssKb: number | null;
  readonly oomScoreAdj: number | null;
}
