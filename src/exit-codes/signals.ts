import type { NumberByGroup } from './architectures.ts';

export type SignalAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

export interface SignalRow {
  readonly name: string;
  readonly action: SignalAction;
  readonly text: string;
  readonly numbers: NumberByGroup;
}

function same(number: number): NumberByGroup {
  return [number, number, number, number, number];
}

function row(name: string, action: SignalAction, text: string, numbers: NumberByGroup): SignalRow {
  return { name, action, text, numbers };
}

/** The standard signals in the order of their usual numbers 1-31 (signal(7); kernel uapi headers per architecture). */
export const STANDARD_SIGNALS: readonly SignalRow[] = [
  row('SIGHUP', 'terminate', 'Hangup: the terminal or the controlling process went away', same(1)),
  row('SIGINT', 'terminate', 'Interrupt, as by Ctrl-C', same(2)),
  row('SIGQUIT', 'core', 'Quit, as by Ctrl-\\', same(3)),
  row('SIGILL', 'core', 'Illegal instruction, such as a binary built for a newer processor', same(4)),
  row('SIGTRAP', 'core', 'Trap: a breakpoint, or a deliberate crash', same(5)),
  row('SIGABRT', 'core', 'Abort (also called SIGIOT): the program or its runtime called abort(3)', same(6)),
  row('SIGBUS', 'core', 'Bus error: bad memory access, such as to a mapped file that was cut short', [7, 10, 10, 10, 10]),
  row('SIGFPE', 'core', 'Arithmetic error, such as an integer division by zero', same(8)),
  row('SIGKILL', 'terminate', 'Kill: cannot be caught, blocked or ignored', same(9)),
  row('SIGUSR1', 'terminate', 'User-defined signal 1', [10, 30, 30, 16, 16]),
  row('SIGSEGV', 'core', 'Segmentation fault: invalid memory access', same(11)),
  row('SIGUSR2', 'terminate', 'User-defined signal 2', [12, 31, 31, 17, 17]),
  row('SIGPIPE', 'terminate', 'Broken pipe: it wrote to a pipe or socket that nobody reads', same(13)),
  row('SIGALRM', 'terminate', 'A timer set by alarm(2) ran out', same(14)),
  row('SIGTERM', 'terminate', 'Asked to end: the usual stop signal', same(15)),
  row('SIGSTKFLT', 'terminate', 'Stack fault on a coprocessor (unused)', [16, null, null, null, 7]),
  row('SIGCHLD', 'ignore', 'A child ended or stopped (also called SIGCLD)', [17, 20, 20, 18, 18]),
  row('SIGCONT', 'continue', 'Continue if stopped', [18, 19, 19, 25, 26]),
  row('SIGSTOP', 'stop', 'Stop: cannot be caught, blocked or ignored', [19, 17, 17, 23, 24]),
  row('SIGTSTP', 'stop', 'Stop asked for at the terminal, as by Ctrl-Z', [20, 18, 18, 24, 25]),
  row('SIGTTIN', 'stop', 'A background process read from the terminal', [21, 21, 21, 26, 27]),
  row('SIGTTOU', 'stop', 'A background process wrote to the terminal', [22, 22, 22, 27, 28]),
  row('SIGURG', 'ignore', 'Urgent data on a socket', [23, 16, 16, 21, 29]),
  row('SIGXCPU', 'core', 'CPU time limit exceeded (RLIMIT_CPU)', [24, 24, 24, 30, 12]),
  row('SIGXFSZ', 'core', 'File size limit exceeded (RLIMIT_FSIZE)', [25, 25, 25, 31, 30]),
  row('SIGVTALRM', 'terminate', 'Virtual timer ran out', [26, 26, 26, 28, 20]),
  row('SIGPROF', 'terminate', 'Profiling timer ran out', [27, 27, 27, 29, 21]),
  row('SIGWINCH', 'ignore', 'The terminal window changed its size', [28, 28, 28, 20, 23]),
  row('SIGIO', 'terminate', 'I/O is possible (also called SIGPOLL)', [29, 23, 23, 22, 22]),
  row('SIGPWR', 'terminate', 'Power failure', [30, 29, 29, 19, 19]),
  row('SIGSYS', 'core', 'Bad system call, such as one that seccomp forbids (also called SIGUNUSED)', [31, 12, 12, 12, 31]),
];

/** Names that only rare architectures have (SIGINFO and SIGLOST are synonyms of their SIGPWR). */
export const RARE_NAMES: readonly { readonly name: string; readonly number: number; readonly on: readonly string[] }[] = [
  { name: 'SIGEMT', number: 7, on: ['alpha', 'sparc', 'mips'] },
  { name: 'SIGINFO', number: 29, on: ['alpha'] },
  { name: 'SIGLOST', number: 29, on: ['sparc'] },
];

/** Linux's real-time signals on all but MIPS; glibc and musl keep the first ones for their threads. */
export const REAL_TIME_FIRST = 32;
export const REAL_TIME_LAST = 64;
/** glibc's SIGRTMIN; musl's is one higher (nptl internal-signals.h, musl sigrtmin.c). */
export const GLIBC_SIGRTMIN = 34;
/** MIPS alone goes on to here in what an exit code can hold (its _NSIG is 128). */
export const MIPS_REAL_TIME_LAST = 127;
