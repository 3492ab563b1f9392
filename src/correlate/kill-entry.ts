import type { Micros } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';

/** A kill that is kept, and when and how it was heard of. */
export interface KillEntry {
  kill: OomKill;
  atUs: Micros | null;
  /** When it was first heard of. */
  readonly heardUs: Micros;
  /** By how much the wall clock had been set, all in all, until then. */
  readonly shiftUs: Micros;
  /** The kernel's own record of it names no cgroup: what is said of that comes from a text. */
  bare: boolean;
  /** Every id that a source gave it. */
  readonly ids: Set<string>;
  /** Its size as JSON; in memory it takes some 1.6 times as much. */
  readonly bytes: number;
}
