import type { Cause } from '../../model/cause.ts';
import { SANDBOX_NAME } from '../../model/container-exit.ts';
import type { Verdict } from '../../model/verdict.ts';

/** What events.k8s.io allows of a note. */
const MAX_BYTES = 1_024;

/** Where people would do the obvious, in vain. */
const IN_VAIN: ReadonlySet<Cause> = new Set(['node-oom', 'node-allocatable-oom', 'numa-oom']);

/** `Container app (exit 137): Kubernetes said OOMKilled, but the node ran out of memory … Raising its limit will not help.` */
export function messageOf(verdict: Verdict): string {
  const { container, exit, cause, confidence, runtimeAgrees } = verdict;
  const who = container.containerName === SANDBOX_NAME ? 'Pod sandbox' : `Container ${container.containerName ?? container.containerId.slice(0, 12)}`;
  const summary = verdict.summary.replace(/\.$/, '');
  const said = runtimeAgrees === false && exit.runtimeReason !== null;
  const answer = said ? `Kubernetes said ${exit.runtimeReason}, but ${asClause(summary)}` : summary;
  const inVain = IN_VAIN.has(cause) ? ' Raising its limit will not help.' : '';
  const doubt = confidence === 'certain' || cause === 'unknown' ? '' : ` Confidence: ${confidence}.`;
  return shortened(oneLine(`${who} (exit ${String(exit.code)}): ${answer}.${inVain}${doubt}`));
}

/** Summaries begin with who did it (`the node ran out …`), or with what befell the container (`hit its own …`). */
function asClause(summary: string): string {
  if (/^(hit|returned|crashed) /.test(summary)) return `it ${summary}`;
  if (/^(not |killed |ended |evicted |stopped |preempted )/.test(summary)) return `it was ${summary}`;
  return summary;
}

/** A name in it is of the user's choosing, and ends on a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g, ' ');
}

function shortened(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  const cut = Buffer.from(text).subarray(0, MAX_BYTES - Buffer.byteLength('…')).toString('utf8');
  // A character that was cut in its middle reads as U+FFFD.
  return `${cut.replace(/\uFFFD$/, '')}…`;
}
