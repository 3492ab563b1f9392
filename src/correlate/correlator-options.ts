import type { Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Verdict } from '../model/verdict.ts';
import type { ContainerBook } from './container-book.ts';

/** Hears the answers. */
export interface CorrelatorOutput {
  /** `latencyUs`: from the later of exit and kill, when they happened, to the verdict; null for one about the past. */
  verdict(verdict: Verdict, latencyUs: Micros | null): void;
  /** A kill, new or told more of. */
  oomKill(kill: OomKill, isNew: boolean): void;
  /** An exit that has no answer yet, new or told more of; `id` is what its verdict's will be. */
  exit?(exit: ContainerExit, id: string): void;
  /** An exit that needs no answer, as far as is known when all had time to speak. */
  unanswered?(id: string): void;
}

export interface CorrelatorOptions {
  readonly settleUs: Micros;
  /** Of exits that have a final answer, and of kills of some time ago, how many are kept, each. */
  readonly maxKept?: number | undefined;
  /** Shared with whoever asks for names. */
  readonly containers?: ContainerBook;
  /** Given where time passes by itself: others have their turn when this one's is over. Else nobody else waits. */
  readonly turn?: Turn;
}

/** A turn of the one thread (`host/turns`). */
export interface Turn {
  readonly isOver: boolean;
  begin(): void;
}
