import type { KernelLogView } from '../judge/case.ts';
import { judge } from '../judge/judge.ts';
import type { Micros } from '../lib/time.ts';
import type { Verdict } from '../model/verdict.ts';
import type { CaseBuilder } from './case-builder.ts';
import { isSandbox, samePod } from './container-book.ts';
import type { Container } from '../model/container-exit.ts';
import type { ExitBook } from './exit-book.ts';
import { podKeys } from './join-keys.ts';
import type { KillBook } from './kill-book.ts';
import { fingerprint, isBeyondNews, linesTo, type KnownExit } from './known-exit.ts';

export interface JudgingParts {
  readonly cases: CaseBuilder;
  readonly kills: KillBook;
  readonly exits: ExitBook;
  /** What surrounds the exit may be judged later at one go: its log is behind, as those of many. */
  readonly isEarly: (one: KnownExit) => boolean;
  /** A log that may tell of it is still read. */
  readonly isComing: (one: KnownExit) => boolean;
  readonly verdict: (verdict: Verdict, latencyUs: Micros | null) => void;
}

/** Has an exit judged by what is known of it now, and gives the answer where it is another than before. */
export class Judging {
  readonly #parts: JudgingParts;
  /** Those with a kill at the limit of their pod. */
  readonly #atPod = new Set<KnownExit>();

  constructor(parts: JudgingParts) {
    this.#parts = parts;
  }

  forget(one: KnownExit): void {
    this.#atPod.delete(one);
  }

  /** Whose pod's limit was hit depends on who else lives in the pod. */
  pod(container: Container, now: Micros): void {
    if (this.#atPod.size === 0) return;
    const { podUid, podNamespace, podName } = container;
    for (const one of this.#parts.exits.byKey.find(podKeys(podUid, podNamespace, podName))) {
      if (this.#atPod.has(one) && samePod(one.exit, container)) this.evaluate(one, now);
    }
  }

  /** `onlyIfNew`: containers and kills are as they were, so that it is judged only if what surrounds it is not. */
  evaluate(one: KnownExit, now: Micros, onlyIfNew = false): void {
    this.#evaluate(one, now, onlyIfNew);
    if (one.settled) this.#parts.exits.place(one, isBeyondNews(one));
  }

  #evaluate(one: KnownExit, now: Micros, onlyIfNew: boolean): void {
    const { cases, kills: book } = this.#parts;
    if (onlyIfNew && isBeyondNews(one)) return;
    const exit = cases.exit(one);
    const kills = cases.killsOf(one, exit);
    if (kills.length === 0 && this.#parts.isEarly(one)) return;
    const around = cases.around(one, exit);
    const isProofBehind = cases.isProofBehind(one);
    const surroundings = fingerprint({ ...around, nameless: around.nameless?.id, isProofBehind });
    if (onlyIfNew && surroundings === one.surroundings) return;
    one.surroundings = surroundings;
    this.#surrounded(one, around.ledger.to);
    // What it was judged by makes room in a flood: the answer stands.
    if (one.answer?.oomKills.some((id) => !book.has(id)) === true) return;
    // What ended well, and a pod's sandbox that is always stopped by SIGKILL, need no answer unless something was killed.
    if ((exit.exitCode === 0 || isSandbox(exit)) && kills.length === 0) return;
    if (kills.some(({ kill }) => kill.level === 'pod')) this.#atPod.add(one);
    const { verdict, decisive } = judge(cases.caseOf(one, exit, around, kills));
    if (!decisive && !one.settled) return;
    const final = verdict.confidence === 'certain' || (one.settled && !this.#mayStillCome(one, around.kernelLog, isProofBehind));
    this.#give(one, { ...verdict, final }, kills.map(({ atUs, heardUs }) => atUs ?? heardUs), now);
  }

  /** Whether the kernel's log may yet tell of it: nobody reads it now, or who does has not come to it, or a text alone has. */
  #mayStillCome(one: KnownExit, { state }: KernelLogView, isProofBehind: boolean): boolean {
    if (state === 'proven') return isProofBehind;
    return state !== 'presumed' || this.#parts.isComing(one);
  }

  #surrounded(one: KnownExit, countedUs: Micros | null): void {
    const { exits } = this.#parts;
    one.linesToUs = linesTo(one, countedUs);
    exits.widestUs = Math.max(exits.widestUs, one.linesToUs - one.finishedUs);
  }

  #give(one: KnownExit, verdict: Verdict, happened: readonly Micros[], now: Micros): void {
    const before = one.answer;
    const print = fingerprint({ ...verdict, revision: 0 });
    if (before?.print === print) return;
    const next = { ...verdict, revision: before === null ? 1 : before.revision + 1 };
    const { revision, final, confidence, family, oomKills } = next;
    one.answer = { print, revision, final, confidence, family, oomKills };
    const latencyUs = before === null && one.live ? Math.max(0, now - Math.max(one.finishedUs, ...happened)) : null;
    this.#parts.verdict(next, latencyUs);
  }
}
