import { createHash } from 'node:crypto';
import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { Verdict } from '../model/verdict.ts';
import { SAME_END_US } from './container-book.ts';
import type { Span } from './coverage.ts';

/** An exit that is kept, and where its answer stands. */
export interface KnownExit {
  exit: ContainerExit;
  readonly finishedUs: Micros;
  readonly heardUs: Micros;
  /** By how much the wall clock had been set, all in all, until then. */
  readonly shiftUs: Micros;
  /** Heard as it happened, not told of the past. */
  readonly live: boolean;
  deadlineUs: Micros;
  settled: boolean;
  /** Of before the wall clock was set back: the same times have come again since. */
  former: boolean;
  /** Kills of its time had been forgotten before it was told of. */
  readonly isLate: boolean;
  /** Fingerprint of what it was last judged by, besides containers and kills. */
  surroundings: string;
  /** A kill line of a later moment changes nothing of what surrounds it. */
  linesToUs: Micros;
  answer: Answer | null;
}

/** What is remembered of a verdict that was given: the whole of it is the store's to keep. */
export interface Answer extends Pick<Verdict, 'revision' | 'final' | 'confidence' | 'family' | 'oomKills'> {
  /** Fingerprint of the verdict, its revision aside. */
  readonly print: string;
}

export function fingerprint(of: unknown): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('base64');
}

/** Nothing that surrounds it will change its answer. */
export function isBeyondNews({ former, answer }: KnownExit): boolean {
  return former || (answer?.final === true && answer.confidence === 'certain');
}

/** The kernel killed it for memory, for certain: what others say of it changes nothing. */
export function isKernelProved({ answer }: KnownExit): boolean {
  return answer?.confidence === 'certain' && (answer.family === 'cgroup-limit' || answer.family === 'node-wide');
}

export function isWithin({ finishedUs }: KnownExit, { from, to }: Span): boolean {
  return finishedUs >= from && finishedUs <= to;
}

/** Whether two sources tell of the same end; an id may live more than once (docker restart, ctr). */
export function isSameExit(known: KnownExit, told: ContainerExit, finishedUs: Micros): boolean {
  if (Math.abs(known.finishedUs - finishedUs) >= SAME_END_US) return false;
  const { initPid } = known.exit;
  if (initPid !== null && told.initPid !== null) return initPid === told.initPid;
  const startedUs = timeOf(finishedUs > known.finishedUs ? told.startedAt : known.exit.startedAt);
  return startedUs === null || startedUs <= Math.min(finishedUs, known.finishedUs);
}

/** When it started; null where that was by a clock that was set back since. */
export function startOf({ startedAt }: ContainerExit, finishedUs: Micros): Micros | null {
  const startedUs = timeOf(startedAt);
  return startedUs === null || startedUs > finishedUs + SECOND ? null : startedUs;
}

/** It had its answer, final and certain, before the clock was set back. */
export function isAnswered({ former, answer }: KnownExit): boolean {
  return former && answer?.final === true && answer.confidence === 'certain';
}

export function timeOf(text: string | null): Micros | null {
  return text === null ? null : parseTime(text);
}

/** When it had ended for certain: a time of whole seconds was cut to them. */
export function endedBy(finishedUs: Micros): Micros {
  return finishedUs % SECOND === 0 ? finishedUs + SECOND : finishedUs;
}

/** Until when a kill line changes what surrounds an exit: the reading of the count that is compared, or a moment later. */
export function linesTo({ finishedUs }: KnownExit, countedUs: Micros | null): Micros {
  return Math.max(finishedUs + SECOND, countedUs ?? 0);
}
