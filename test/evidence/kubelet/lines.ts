import { kubelet } from '../../../src/evidence/kubelet/kubelet.ts';
import type { Said } from '../../../src/evidence/witness.ts';
import { NO_TIME, WallClock } from '../../../src/kernel/framing/wall-time.ts';
import { SECOND } from '../../../src/lib/time.ts';
import { T0 } from '../../correlate/node.ts';

export const ID = 'c9'.repeat(32);
export const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';
/** klog's header of T0, by the pid 2480. */
export const at = (file: string): string => `I1123 17:43:25.000000    2480 ${file}] `;

/** A line at a time of its own, or as another process wrote it. */
export interface Line {
  readonly text: string;
  readonly timeUs?: number | null;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What kubelet's lines say, in their order, as its own process wrote them at T0 where they do not tell otherwise. */
export function say(...lines: readonly (string | Line)[]): Said[] {
  return hear(...lines).said;
}

/** The same, and why other lines say nothing. */
export function hear(...lines: readonly (string | Line)[]): { readonly said: Said[]; readonly drops: string[] } {
  const reader = kubelet.reader(new WallClock(NO_TIME));
  const drops: string[] = [];
  const said = lines.flatMap((line) => {
    const { text, timeUs = T0, fields = { _PID: '2480' } } = typeof line === 'string' ? { text: line } : line;
    // Whatever tells something is among what is asked for.
    const wanted = new RegExp(kubelet.pattern).test(text);
    const told = reader({ text, timeUs, field: (name) => fields[name] ?? null });
    if ('drop' in told) {
      drops.push(told.drop);
      return [];
    }
    if (!wanted) throw new Error(`not selected: ${text}`);
    return told;
  });
  return { said, drops };
}

/** A line of a kubelet that logs JSON. */
export function json(atUs: number, msg: string, values: Readonly<Record<string, unknown>> = {}): Line {
  return { timeUs: atUs, text: JSON.stringify({ ts: atUs / 1_000, caller: 'x.go:1', msg, v: 2, ...values }) };
}

/** What it said long before: a single line of JSON may be anybody's. */
export const STARTED = json(T0 - 60 * SECOND, 'Started kubelet');
export const since = (line: string): readonly (string | Line)[] => (line.startsWith('{') ? [STARTED, line] : [line]);
