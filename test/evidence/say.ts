import type { Said, Witness } from '../../src/evidence/witness.ts';
import { NO_TIME, WallClock } from '../../src/kernel/framing/wall-time.ts';
import type { Micros } from '../../src/lib/time.ts';

export interface Line {
  readonly text: string;
  readonly timeUs?: Micros;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a witness says by these lines, each of which must be one that is selected for it. */
export function say(witness: Witness, lines: readonly (string | Line)[]): Said[] {
  const reader = witness.reader(new WallClock(NO_TIME));
  return lines.flatMap((line) => {
    const { text, timeUs = null, fields = {} } = typeof line === 'string' ? { text: line } : line;
    const told = reader({ text, timeUs, field: (name) => fields[name] ?? null });
    if ('drop' in told) return [];
    if (!new RegExp(witness.pattern).test(text)) throw new Error(`not selected: ${text}`);
    return [...told];
  });
}
