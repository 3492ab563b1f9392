import { Why137Error } from '../lib/errors.ts';
import type { ExitCode, ExitMeaning, ExitRange } from '../model/exit-code.ts';
import { CONVENTIONS } from './conventions.ts';
import { describeSignal, endsProcess, type KnownSignal } from './describe-signal.ts';
import { meaningsOfGiven } from './given-number.ts';
import { RANGES } from './ranges.ts';
import { GLIBC_SIGRTMIN, MIPS_REAL_TIME_LAST, REAL_TIME_FIRST, REAL_TIME_LAST } from './signals.ts';
import { TELL_APART_137 } from './tell-apart.ts';

const SIGNAL_OFFSET = 128;
const SIGKILL_CODE = 137;

/**
 * What an exit code means, by every convention that has it (contract: ExitCode).
 * `given` is any safe integer; the process's code is its low eight bits. Throws W137_NOT_INTEGER for others.
 */
export function explainExitCode(given: number): ExitCode {
  if (!Number.isSafeInteger(given)) {
    const sentence = `${given} is not an exit code: give an integer of at most 15 digits, such as 137 or -1.`;
    throw new Why137Error('W137_NOT_INTEGER', sentence);
  }
  const code = exitStatusOf(given);
  const signal = signalOf(code);
  return {
    given,
    code,
    range: code === 0 ? 'success' : signal === null ? 'program' : 'signal',
    rangeDetail: rangeOf(code),
    signal: signal?.meaning ?? null,
    meanings: [...meaningsOfGiven(given, code), ...signalMeanings(code, signal), ...conventionMeanings(code), ...mipsMeanings(code)],
    tellApart: code === SIGKILL_CODE ? [...TELL_APART_137] : [],
  };
}

/** What exit(n) leaves for the parent to see: the low eight bits (exit(3)). */
export function exitStatusOf(n: number): number {
  return ((n % 256) + 256) % 256;
}

/** The name of the signal in 128+n as x86 and ARM number it ("SIGKILL" for 137), or null where the code names none. */
export function signalNameOf(code: number): string | null {
  return signalOf(exitStatusOf(code))?.name ?? null;
}

/** One short sentence on what a code means in general (Verdict.exit.meaning). */
export function meaningOf(code: number): string {
  const status = exitStatusOf(code);
  const signal = signalOf(status);
  if (status === 0) return 'Success.';
  if (signal !== null) {
    const { number, name } = signal.meaning;
    return endsProcess(signal.action)
      ? `Ended by ${name} (128 + ${number}), or the program returned ${status} itself.`
      : `Returned by the program, most likely: 128 + ${number} is ${name}, which ends no process.`;
  }
  return PLAIN_MEANING[status] ?? `The program's own code ${status}.`;
}

/** The codes whose meaning hardly depends on the program. */
const PLAIN_MEANING: Readonly<Record<number, string>> = {
  1: 'The program failed, with the general error code.',
  2: 'The program failed: often wrong use or a syntax error; in Go a panic.',
  124: 'Ended by timeout because its time was over, or the program returned 124 itself.',
  125: 'The container or command could not be run at all.',
  126: 'The command was found but cannot be run.',
  127: 'The command was not found.',
  128: 'The container could not be started, or the program returned 128 itself.',
  255: 'exit(-1) by the program, or a code that the runtime does not know.',
};

function signalOf(code: number): KnownSignal | null {
  return code > SIGNAL_OFFSET ? describeSignal(code - SIGNAL_OFFSET) : null;
}

function rangeOf(code: number): ExitRange {
  const range = RANGES.find((each) => code >= each.from && code <= each.to);
  if (range === undefined) throw new RangeError(`No range has exit code ${code}.`);
  return { ...range };
}

function signalMeanings(code: number, signal: KnownSignal | null): ExitMeaning[] {
  if (signal === null) return [];
  const { name, action, text } = signal;
  const note = endsProcess(action)
    ? `${code} = 128 + ${code - SIGNAL_OFFSET}.`
    : `By default it ends no process, so ${code} is most likely a code of the program itself.`;
  const source = code - SIGNAL_OFFSET >= REAL_TIME_FIRST ? 'signal(7), "Real-time signals"; musl src/internal/pthread_impl.h' : 'signal(7)';
  return [{ convention: 'signal', name, text: `${text}. ${note}`, source }];
}

function mipsMeanings(code: number): ExitMeaning[] {
  const number = code - SIGNAL_OFFSET;
  if (number <= REAL_TIME_LAST || number > MIPS_REAL_TIME_LAST) return [];
  const name = number === MIPS_REAL_TIME_LAST ? 'SIGRTMAX' : `SIGRTMIN+${number - GLIBC_SIGRTMIN}`;
  const text = `Only MIPS has a signal ${number}, a real-time one; no other architecture of Linux goes beyond 64.`;
  const source = 'Linux arch/mips/include/uapi/asm/signal.h (_NSIG)';
  return [{ convention: 'signal', name: `${name} on MIPS`, text, source }];
}

function conventionMeanings(code: number): ExitMeaning[] {
  return CONVENTIONS.flatMap(({ id, source, rows }) =>
    rows
      .filter((row) => row.code === code)
      .map(({ name, text, source: own }) => ({ convention: id, name, text, source: own ?? source })),
  );
}
