import type { SignalMeaning } from '../model/exit-code.ts';
import { ARCHITECTURE_GROUPS } from './architectures.ts';
import {
  GLIBC_SIGRTMIN,
  RARE_NAMES,
  REAL_TIME_FIRST,
  REAL_TIME_LAST,
  STANDARD_SIGNALS,
  type SignalRow,
} from './signals.ts';

/** From here on, kill -l of bash and others counts back from SIGRTMAX. */
const FIRST_FROM_LAST = 50;

/** What a signal number names on x86, ARM and most others, with its default action. */
export interface KnownSignal {
  readonly name: string;
  readonly action: string;
  readonly text: string;
  readonly meaning: SignalMeaning;
}

/** What was worked out before: in a storm, the same signal is asked about for every exit. */
const described = new Map<number, KnownSignal | null>();

/** The signal of a usual number (1-64), or null where there is none. */
export function describeSignal(number: number): KnownSignal | null {
  const known = described.get(number);
  if (known !== undefined || number < 1 || number > REAL_TIME_LAST) return known ?? null;
  const signal = workedOut(number);
  described.set(number, signal);
  return signal;
}

function workedOut(number: number): KnownSignal | null {
  if (number >= REAL_TIME_FIRST && number <= REAL_TIME_LAST) return realTimeSignal(number);
  const row = STANDARD_SIGNALS.find((each) => each.numbers[0] === number);
  if (row === undefined) return null;
  const { name, action, text } = row;
  return { name, action, text, meaning: { number, name, action, variants: variantsOf(number), numbers: numbersOf(row) } };
}

/** The usual name of a signal number, or null. */
export function signalName(number: number): string | null {
  return describeSignal(number)?.name ?? null;
}

/** True where the default action of a signal ends the process. */
export function endsProcess(action: string): boolean {
  return action === 'terminate' || action === 'core';
}

function variantsOf(number: number): SignalMeaning['variants'] {
  const names = ARCHITECTURE_GROUPS.map((architectures, group) => [
    ...STANDARD_SIGNALS.filter((each) => each.numbers[group] === number).map((each) => each.name),
    ...RARE_NAMES.filter((rare) => rare.number === number && rare.on.includes(architectures[0])).map((rare) => rare.name),
  ]);
  return grouped(names).map(([name, architectures]) => ({ name, architectures }));
}

function numbersOf(row: SignalRow): SignalMeaning['numbers'] {
  return grouped(row.numbers.map((number) => (number === null ? [] : [number]))).map(([number, architectures]) => ({ number, code: 128 + number, architectures }));
}

/** Architectures by what they have; nothing at all where every group has the same. */
function grouped<T>(byGroup: readonly (readonly T[])[]): [T, string[]][] {
  const found = new Map<T, string[]>();
  ARCHITECTURE_GROUPS.forEach((architectures, group) => {
    for (const value of byGroup[group] ?? []) found.set(value, [...(found.get(value) ?? []), ...architectures]);
  });
  const everywhere = found.size === 1 && byGroup.every((values) => values.length > 0);
  return everywhere ? [] : [...found];
}

function realTimeSignal(number: number): KnownSignal {
  const name = realTimeName(number);
  const action = 'terminate';
  const last = number === REAL_TIME_LAST;
  const variants = last
    ? [
        { name, architectures: ['x86', 'arm', 'most others', 'alpha', 'sparc', 'parisc'] },
        { name: `SIGRTMIN+${number - GLIBC_SIGRTMIN}`, architectures: ['mips'] },
      ]
    : [];
  return { name, action, text: realTimeText(number), meaning: { number, name, action, variants, numbers: [] } };
}

function realTimeName(number: number): string {
  if (number < GLIBC_SIGRTMIN) return `SIG${number}`;
  if (number === GLIBC_SIGRTMIN) return 'SIGRTMIN';
  return number === REAL_TIME_LAST ? 'SIGRTMAX' : `SIGRTMIN+${number - GLIBC_SIGRTMIN}`;
}

function realTimeText(number: number): string {
  if (number < GLIBC_SIGRTMIN) {
    const uses = number === REAL_TIME_FIRST ? 'glibc to cancel threads, musl for its timers' : 'glibc to change the user of all threads, musl to cancel threads';
    return `Real-time signal ${number}, which the C library keeps for itself: ${uses}`;
  }
  if (number === GLIBC_SIGRTMIN) {
    return "Real-time signal 34: glibc's first; musl keeps it for itself. It has no fixed meaning";
  }
  const offset = number - GLIBC_SIGRTMIN;
  const musl = offset === 1 ? 'SIGRTMIN' : `SIGRTMIN+${offset - 1}`;
  const fromLast = number >= FIRST_FROM_LAST && number < REAL_TIME_LAST ? `, also written SIGRTMAX-${REAL_TIME_LAST - number}` : '';
  return `Real-time signal ${number} (SIGRTMIN+${offset} with glibc, ${musl} with musl${fromLast}). It has no fixed meaning`;
}
