import { kubelet } from '../../../src/evidence/kubelet/kubelet.ts';
import type { Said } from '../../../src/evidence/witness.ts';
import { NO_TIME, WallClock } from '../../../src/kernel/framing/wall-time.ts';
import { T0 } from '../../correlate/node.ts';

export const ID = 'c9'.repeat(32);
export const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';
/** klog's header of T0, by the pid 2480. */
export const at = (file: string): string => `I1123 17:43:25.000000    2480 ${file}] `;

/** What kubelet's lines say, in their order, as its own process wrote them. */
export function say(...lines: readonly string[]): Said[] {
  const reader = kubelet.reader(new WallClock(NO_TIME));
  return lines.flatMap((text) => {
    // Whatever tells something is among what is asked for.
    const wanted = new RegExp(kubelet.pattern).test(text);
    const told = reader({ text, timeUs: T0, field: (name) => (name === '_PID' ? '2480' : null) });
    if ('drop' in told) return [];
    if (!wanted) throw new Error(`not selected: ${text}`);
    return told;
  });
}
