import type { Cause, Confidence } from '../model/cause.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { BlindSpot, Evidence, RuledOut, VictimRole } from '../model/verdict.ts';
import type { WitnessFact } from '../model/witness.ts';
import type { Case } from './case.ts';
import type { JoinedKill } from './joined-kill.ts';

/** What a rule finds. Evidence that every verdict has (the exit, the ledger) is added by judge.ts. */
export interface Judgement {
  readonly cause: Cause;
  readonly confidence: Confidence;
  readonly summary: string;
  readonly victimRole: VictimRole | null;
  /** Nothing that may still come can change the cause. */
  readonly decisive: boolean;
  readonly evidence: readonly Evidence[];
  readonly ruledOut: readonly RuledOut[];
  /** What witnesses told that decides; judge.ts shows it with the rest of what they told. */
  readonly facts?: readonly (WitnessFact | null)[];
  /** Besides those of the kernel's log and of its count, which judge.ts adds. */
  readonly blindSpots?: readonly BlindSpot[];
  /** The kernel's kill that is the cause: its report says who held the memory. */
  readonly kill?: OomKill;
  /** What to do, where it is not what the cause alone says. */
  readonly advice?: string;
}

/** One row of the table: docs/rules.md is made from it. */
export interface Rule {
  readonly name: string;
  /** When it applies, in words. */
  readonly when: string;
  readonly gives: readonly Cause[];
  /** The best confidence it can reach, and what that takes. */
  readonly reaches: string;
  readonly why: string;
  readonly judge: (one: Case, kills: readonly JoinedKill[]) => Judgement | null;
}
