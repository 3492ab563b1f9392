import { MS, type Micros } from '../../lib/time.ts';
import type { LineReader, Said, Told, Witness, WitnessLine } from '../witness.ts';

/**
 * `sending SIGTERM to process 1234 uid 1000 "java": badness 853, VmRSS 9853 MiB` (1.4 to 1.7; 1.3 without uid), in 1.8
 * `…: oom_score 712, VmRSS 4514 MiB, cmdline "…"`, since then with `, oom_score_adj 0` behind the score (kill.c). 1.2 and
 * before say `Killing process` and no signal, and are not read. A name has 15 bytes of the user's choosing, a newline among
 * them cuts the line: pid and uid come before it, and the figures may be gone.
 */
const SENDING = /^sending (SIGTERM|SIGKILL) to process (\d{1,10}) (?:uid (\d{1,10}) )?"(.{0,15})/s;
const FIGURES = /^": (?:badness (-?\d+)(?: KiB)?|oom_score (-?\d+)(?:, oom_score_adj -?\d+)?)(?:, badness -?\d+ KiB)?, VmRSS (\d+) MiB/;
const LIMITS = /^low memory! at or below SIG(?:TERM|KILL) limits: (mem .*)$/;
const AVAILABLE = /^mem avail: +(\d+) of +(\d+) MiB/;
const ESCALATING = /^escalating to SIGKILL after (\d+\.\d+) seconds/;
/** 1.8 and later print the command line as it is: what follows at once may be a part of it, newlines and all. */
const COMMAND_LINE = /(?:^process \d+|, ) ?cmdline "/;
const SAME_WRITE_US = 500 * MS;
/** `--dryrun` (1.3 and later) says so when it begins, and after each line on a kill that it did not make. */
const DRY_RUN = /^dryrun(?: mode enabled,|, not actually sending)/;
const BEGINS = /^earlyoom v?\d/;
const MIB = 1024 * 1024;

/** earlyoom: sends SIGTERM when memory is low, SIGKILL when it is lower, and SIGKILL where SIGTERM was not enough. */
export const earlyoom: Witness = {
  name: 'earlyoom',
  units: ['earlyoom.service'],
  transports: ['stdout', 'syslog'],
  comms: ['earlyoom'],
  tags: ['earlyoom'],
  pattern: '^sending SIG(?:TERM|KILL) to process |^low memory! at or below|^mem avail:|^escalating to SIGKILL|^earlyoom v?[0-9]|^dryrun|cmdline "',
  reader: () => earlyoomReader(),
};

type Kill = Extract<Said, { readonly kind: 'userspace-kill' }>;

interface State {
  readonly limits: string | null;
  readonly figures: Readonly<Record<string, number>>;
  readonly last: Kill | null;
  readonly commandLineUs: Micros | null;
  readonly sawCommandLine: boolean;
  /** It kills nobody, by its own word. */
  readonly dryRun: boolean;
}

function earlyoomReader(): LineReader {
  let state: State = { limits: null, figures: {}, last: null, commandLineUs: null, sawCommandLine: false, dryRun: false };
  return (line) => {
    const [told, next] = read(line, state);
    state = COMMAND_LINE.test(line.text) ? { ...next, commandLineUs: line.timeUs, sawCommandLine: true } : next;
    return told;
  };
}

const NOTHING: Told = { drop: 'no-fact' };

function read(line: WitnessLine, state: State): readonly [Told, State] {
  const { text } = line;
  const available = AVAILABLE.exec(text);
  if (available) return [NOTHING, { ...state, figures: { availableBytes: Number(available[1]) * MIB, totalBytes: Number(available[2]) * MIB } }];
  const limits = LIMITS.exec(text);
  if (limits) return [NOTHING, { ...state, limits: limits[1] ?? null }];
  if (ESCALATING.test(text)) return [state.last === null ? NOTHING : [{ ...state.last, signal: 'SIGKILL' }], { ...state, last: null }];
  if (DRY_RUN.test(text) || BEGINS.test(text)) return [NOTHING, { ...state, last: null, dryRun: DRY_RUN.test(text) }];
  const sending = SENDING.exec(text);
  if (!sending || state.dryRun) return [NOTHING, state];
  const said = killOf(sending, text, state, mayBeForged(line, state));
  return [[said], { ...state, last: said }];
}

function killOf(sending: RegExpExecArray, text: string, { limits, figures }: State, doubtful: boolean): Kill {
  const [, signal = '', pid, uid, rest = ''] = sending;
  const { comm, ...own } = victimOf(text.slice(sending[0].length - rest.length));
  return {
    kind: 'userspace-kill',
    by: 'earlyoom',
    comm,
    uid: uid === undefined ? null : Number(uid),
    signal,
    reason: limits === null ? 'memory is low' : `memory is low: at or below ${limits}`,
    figures: { ...figures, ...own },
    about: { pid: Number(pid) },
    ...(doubtful ? { trust: 'text' as const } : {}),
  };
}

/** A name of at most 15 bytes, and what is printed behind it: the name cannot hold the whole of that. */
function victimOf(text: string): { readonly comm: string | null; readonly badness?: number; readonly oomScore?: number; readonly rssBytes?: number } {
  for (let length = 0; length <= 15; length += 1) {
    const m = FIGURES.exec(text.slice(length));
    if (!m) continue;
    const score = m[1] === undefined ? { oomScore: Number(m[2]) } : { badness: Number(m[1]) };
    return { comm: text.slice(0, length), ...score, rssBytes: Number(m[3]) * MIB };
  }
  return { comm: null };
}

function mayBeForged({ timeUs }: WitnessLine, { commandLineUs, sawCommandLine }: State): boolean {
  if (!sawCommandLine) return false;
  return timeUs === null || commandLineUs === null || timeUs - commandLineUs < SAME_WRITE_US;
}
