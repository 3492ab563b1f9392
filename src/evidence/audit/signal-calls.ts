/** A system call that sends a signal: which of its arguments is the signal, and whether the first names a process. */
export interface SignalCall {
  readonly name: string;
  readonly signalArgument: 'a1' | 'a2';
  /** `kill` may name a group by a negative number; the first of pidfd_send_signal is a file descriptor. */
  readonly names: 'process' | 'descriptor';
}

/** In the order of the numbers below. rt_tgsigqueueinfo and tgkill name a thread between the process and the signal. */
const CALLS: readonly SignalCall[] = [
  { name: 'kill', signalArgument: 'a1', names: 'process' },
  { name: 'tkill', signalArgument: 'a1', names: 'process' },
  { name: 'tgkill', signalArgument: 'a2', names: 'process' },
  { name: 'rt_sigqueueinfo', signalArgument: 'a1', names: 'process' },
  { name: 'rt_tgsigqueueinfo', signalArgument: 'a2', names: 'process' },
];
const PIDFD: SignalCall = { name: 'pidfd_send_signal', signalArgument: 'a1', names: 'descriptor' };

type Numbers = readonly [kill: number, tkill: number, tgkill: number, rtSigqueueinfo: number, rtTgsigqueueinfo: number];
const GENERIC: Numbers = [129, 130, 131, 138, 240];
const X86_64 = 'c000003e';

/** By `arch` as audit prints it (the kernel's tables of system calls); pidfd_send_signal is 424 everywhere. */
const NUMBERS: Readonly<Record<string, Numbers>> = {
  [X86_64]: [62, 200, 234, 129, 297],
  c00000b7: GENERIC, // aarch64
  c00000f3: GENERIC, // riscv64
  c0000102: GENERIC, // loongarch64
  40000003: [37, 238, 270, 178, 335], // i386
  40000028: [37, 238, 268, 178, 363], // arm
  c0000015: [37, 208, 250, 177, 322], // ppc64le
  80000016: [37, 237, 241, 178, 330], // s390x
};
const PIDFD_NUMBER = 424;
/** x32 has x86_64's `arch`, a bit of its own in every number, and other numbers where a siginfo_t is handed over. */
const X32_BIT = 0x4000_0000;
const X32: Numbers = [62, 200, 234, 524, 536];

/** What a SYSCALL record of any of them has behind `syscall=`: alternatives of a regular expression. */
export const SIGNAL_CALL_NUMBERS: string = [
  ...new Set([PIDFD_NUMBER, ...Object.values(NUMBERS).flat(), ...[PIDFD_NUMBER, ...X32].map((number) => X32_BIT + number)]),
].join('|');

/** Which of them a SYSCALL record is of; null: none, or of an architecture that is not known. */
export function signalCall(arch: string | undefined, syscall: string | undefined): SignalCall | null {
  if (arch === undefined || syscall === undefined || !/^\d{1,10}$/.test(syscall)) return null;
  const isX32 = arch === X86_64 && Number(syscall) >= X32_BIT;
  const numbers = isX32 ? X32 : NUMBERS[arch];
  const number = Number(syscall) - (isX32 ? X32_BIT : 0);
  if (numbers === undefined) return null;
  return number === PIDFD_NUMBER ? PIDFD : CALLS[numbers.indexOf(number)] ?? null;
}
