/** A system call that sends a signal: which of its arguments is the signal, and whether the first names a process. */
export interface SignalCall {
  readonly name: string;
  readonly signalArgument: 'a1' | 'a2';
  /** `kill` may name a group by a negative number; the first of pidfd_send_signal is a file descriptor. */
  readonly names: 'process' | 'descriptor';
}

const KILL: SignalCall = { name: 'kill', signalArgument: 'a1', names: 'process' };
const TKILL: SignalCall = { name: 'tkill', signalArgument: 'a1', names: 'process' };
const TGKILL: SignalCall = { name: 'tgkill', signalArgument: 'a2', names: 'process' };
const PIDFD: SignalCall = { name: 'pidfd_send_signal', signalArgument: 'a1', names: 'descriptor' };

/** Numbers of kill, tkill, tgkill; pidfd_send_signal is 424 everywhere. `arch` as audit prints it. */
const NUMBERS: Readonly<Record<string, readonly [kill: number, tkill: number, tgkill: number]>> = {
  c000003e: [62, 200, 234], // x86_64
  c00000b7: [129, 130, 131], // aarch64
  c00000f3: [129, 130, 131], // riscv64
  c0000102: [129, 130, 131], // loongarch64
  40000003: [37, 238, 270], // i386
  40000028: [37, 238, 268], // arm
  c0000015: [37, 208, 250], // ppc64le
  80000016: [37, 237, 241], // s390x
};
const PIDFD_NUMBER = 424;

/** Which of them a SYSCALL record is of; null: none, or of an architecture that is not known. */
export function signalCall(arch: string | undefined, syscall: string | undefined): SignalCall | null {
  const numbers = NUMBERS[arch ?? ''];
  if (!numbers || syscall === undefined || !/^\d{1,4}$/.test(syscall)) return null;
  if (Number(syscall) === PIDFD_NUMBER) return PIDFD;
  return [KILL, TKILL, TGKILL][numbers.indexOf(Number(syscall))] ?? null;
}
