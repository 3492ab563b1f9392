import { signalName } from '../signal-name.ts';
import type { Said } from '../witness.ts';

type Signals = readonly (readonly [RegExp, string])[];

/** What the kernel sends for a trap of x86, by its words (arch/x86/kernel/traps.c). */
const X86_SIGNALS: Signals = [
  [/^general protection/, 'SIGSEGV'],
  [/^trap invalid opcode/, 'SIGILL'],
  [/^trap divide error|^trap (?:simd|fpu|coprocessor|x87)/, 'SIGFPE'],
  [/^trap int3|^trap debug/, 'SIGTRAP'],
  [/^trap (?:stack segment|segment not present|alignment check)/, 'SIGBUS'],
  [/^trap (?:bounds|overflow|control protection|invalid TSS)/, 'SIGSEGV'],
];
/**
 * The same of arm64 (arch/arm64/mm/fault.c, traps.c, sys_compat.c, debug-monitors.c, hw_breakpoint.c). What is not here
 * the kernel ends by different signals from version to version (an address size fault), or by SIGKILL.
 */
const ARM64_SIGNALS: Signals = [
  [/^level \d (?:translation|permission|access flag) fault|^synchronous tag check fault|^illegal memory access/, 'SIGSEGV'],
  [/^alignment fault|^SP\/PC alignment exception|^[SP][PC] Alignment|^synchronous (?:external abort|parity or ECC error)/, 'SIGBUS'],
  [/^undefined instruction|^Bad EL0 synchronous exception|^Oops - bad compat syscall/, 'SIGILL'],
  [/^User debug trap|^Hardware (?:break|watch)point|^hardware (?:breakpoint|single-step|watchpoint)|^aarch(?:32 BKPT|32 vector catch|64 BRK)/, 'SIGTRAP'],
];

interface Wording {
  /** Groups: the name, the thread's number, and what tells the signal. */
  readonly pattern: RegExp;
  readonly signal: (words: string) => string | null;
}

const byNumber = (digits: string): string | null => signalName(Number(digits));
const onArm64 = (words: string): string | null => signalOf(ARM64_SIGNALS, words);

/**
 * A name has 15 bytes of the user's choosing; what the kernel prints behind it is longer, so that a name cannot hold
 * it. The number is the thread's that failed, which is the process's for its first thread.
 */
const WORDINGS: readonly Wording[] = [
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: (segfault) at [0-9a-f]+ ip [0-9a-f]+ sp [0-9a-f]+ error /s, signal: () => 'SIGSEGV' },
  // `traps: app[7] general protection fault ip:…`, `traps: app[7] trap divide error ip:… sp:… error:0`.
  {
    pattern: /^traps: (.{0,15}?)\[(\d{1,10})\] (general protection(?: fault)?|trap [a-z0-9 -]{2,40}) ip:[0-9a-f]+ sp:[0-9a-f]+ error:/s,
    signal: (words) => signalOf(X86_SIGNALS, words),
  },
  // `app[7] control protection ip:… sp:… ssp:… error:1(near ret) in …`: a shadow stack, 6.6 and later (arch/x86/kernel/cet.c,
  // which has no prefix; kernels that had it in traps.c print `traps: `).
  { pattern: /^(?:traps: )?(.{0,15}?)\[(\d{1,10})\] (control protection) ip:[0-9a-f]+ sp:[0-9a-f]+ ssp:[0-9a-f]+ error:/s, signal: () => 'SIGSEGV' },
  // arm64 before 4.18: `app[7]: unhandled level 2 translation fault (11) at 0x…`, `app[7]: undefined instruction: pc=…`,
  // `app[7]: SP Alignment exception: pc=… sp=…`.
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: unhandled [A-Za-z0-9 ()-]{3,70} \((\d{1,2})\) at 0x[0-9a-f]+/s, signal: byNumber },
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: (undefined instruction|illegal memory access|unknown or unrecoverable error): pc=/s, signal: onArm64 },
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: ([SP][PC] Alignment) exception: pc=/s, signal: onArm64 },
  // arm64 since (arm64_show_signal): `app[7]: unhandled exception: DABT (lower EL), ESR 0x…, level 2 translation fault in app[…]`,
  // and without class and ESR where no register tells: `app[7]: unhandled exception: undefined instruction in app[…]`.
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: unhandled exception: (?:[^,[]{1,60}, ESR 0x[0-9a-f]+, )?([^[]{3,60}?)(?: in |$)/s, signal: onArm64 },
  // riscv (do_trap), csky: `app[7]: unhandled signal 11 code 0x1 at 0x… in app[…]`.
  { pattern: /^(.{0,15}?)\[(\d{1,10})\]: unhandled signal (\d{1,2}) code 0x[0-9a-f]+ at 0x[0-9a-f]+/s, signal: byNumber },
];

/** The kernel's line on a process that it ends for what it did; nothing for any other. */
export function readTrapLine(text: string): readonly Said[] {
  for (const { pattern, signal } of WORDINGS) {
    const m = pattern.exec(text);
    if (!m) continue;
    const [, comm = '', pid, words = ''] = m;
    const said = text.slice(comm.length + (text.startsWith('traps: ') ? 7 : 0)).replace(/^\[\d+\]:? /, '');
    return [{ kind: 'fault', comm, signal: signal(words), ownFault: true, text: said, about: { pid: Number(pid) } }];
  }
  return [];
}

function signalOf(table: Signals, words: string): string | null {
  return table.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}
