import { SECOND } from '../../lib/time.ts';
import { factsOf } from '../../model/witness.ts';
import { isSigkill } from '../exit-status.ts';
import type { Rule } from '../judgement.ts';
import { killsRuledOut } from './kernel-kill.ts';

/** From the loss of the shim to what the runtime makes of it: it asks for the container's removal first. */
const CLEANUP_US = 30 * SECOND;

export const shimLost: Rule = {
  name: 'shim-lost',
  when: "the exit is 137, and the runtime's log says that it had lost the container's shim at most 30 s before: not after, as with every end",
  gives: ['unknown'],
  reaches: 'possible',
  why: 'The shim alone learns the status. Where it died, the runtime kills what is left in the container and fills in 137 itself: that number says nothing of how the program ended.',
  judge(one, kills) {
    if (!isSigkill(one.exit)) return null;
    const { startedUs, finishedUs } = one;
    const gone = factsOf(one.witness, 'shim-gone').find(({ atUs }) => atUs !== null && atUs < finishedUs && atUs >= Math.max(finishedUs - CLEANUP_US, startedUs ?? -Infinity));
    if (gone === undefined) return null;
    return {
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: ${gone.by} had lost the container's shim, killed what was left of it, and filled in 137; whether the program had ended before is not known`,
      victimRole: null,
      decisive: one.settled,
      evidence: [],
      facts: [gone],
      ruledOut: killsRuledOut(kills),
    };
  },
};
