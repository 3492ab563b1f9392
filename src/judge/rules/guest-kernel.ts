import { ADVICE_GUEST } from '../advice.ts';
import type { Rule } from '../judgement.ts';
import { isSigkill } from '../exit-status.ts';
import { killsRuledOut } from './kernel-kill.ts';

/** Runtimes that start a virtual machine with a kernel of its own, by what containerd calls them. gVisor is none. */
const VIRTUAL_MACHINE = /kata|firecracker|kuasar|urunc|krun|runhcs/i;

export const guestKernel: Rule = {
  name: 'guest-kernel',
  when: 'the exit is 137, no kill is known that ended it, and the container ran in a virtual machine (Kata Containers and the like)',
  gives: ['unknown'],
  reaches: 'possible',
  why: "Its own kernel may have killed it: that is in no log of the node, and the node's kernel does not count it.",
  judge(one, kills) {
    const { runtimeType } = one.exit;
    if (!isSigkill(one.exit) || runtimeType === null || !VIRTUAL_MACHINE.test(runtimeType)) return null;
    const why = `it ran in a virtual machine (${runtimeType}), whose own kernel's kills no log of the node tells`;
    return {
      cause: 'unknown',
      confidence: 'possible',
      summary: `unknown: ${why}`,
      victimRole: null,
      evidence: [],
      decisive: one.settled,
      ruledOut: killsRuledOut(kills),
      advice: ADVICE_GUEST,
      blindSpots: [{ source: 'guest-kernel', from: one.exit.startedAt, to: one.exit.finishedAt, why }],
    };
  },
};
