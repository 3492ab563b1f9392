/**
 * Groups of Linux architectures that number signals alike (signal(7), and arch/<name>/include/uapi/asm/signal.h).
 * The order is that of the columns in signals.ts.
 */
export const ARCHITECTURE_GROUPS = [['x86', 'arm', 'most others'], ['alpha'], ['sparc'], ['mips'], ['parisc']] as const;

/** A signal's number in each group, in that order; null where the group lacks the signal. */
export type NumberByGroup = readonly [
  usual: number,
  alpha: number | null,
  sparc: number | null,
  mips: number | null,
  parisc: number | null,
];
