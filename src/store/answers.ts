import { CONFIDENCES } from '../model/cause.ts';
import type { Verdict } from '../model/verdict.ts';

/**
 * Whether an answer takes the place of the one that an earlier run gave on the same exit. What that run saw may not be
 * there any more (the count of kills as it was, a log vacuumed since), so that a weaker answer is one from less evidence,
 * and is not given; a stronger one is, and one as strong that rests on something new.
 */
export function takesPlaceOf(earlier: Verdict, now: Verdict): boolean {
  const better = strength(now) - strength(earlier);
  if (better !== 0) return better > 0;
  if (isSameAnswer(earlier, now)) return now.final && !earlier.final;
  if (!earlier.final) return true;
  return now.evidence.some(({ kind, text }) => !earlier.evidence.some((known) => known.kind === kind && known.text === text));
}

function strength({ confidence }: Verdict): number {
  return CONFIDENCES.length - CONFIDENCES.indexOf(confidence);
}

/** Nothing changed but what a later reading of the same logs words anew. */
function isSameAnswer(one: Verdict, other: Verdict): boolean {
  const essence = ({ cause, confidence, victimRole, runtimeAgrees, exit }: Verdict): string => JSON.stringify([cause, confidence, victimRole, runtimeAgrees, exit.runtimeReason]);
  return essence(one) === essence(other);
}
