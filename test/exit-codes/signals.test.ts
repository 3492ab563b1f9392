import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeSignal } from '../../src/exit-codes/describe-signal.ts';
import { explainExitCode } from '../../src/exit-codes/explain-exit-code.ts';
import { STANDARD_SIGNALS } from '../../src/exit-codes/signals.ts';

/** signal(7), "Signal numbering for standard signals": usual, alpha, sparc, mips, parisc. */
const MANUAL = `
SIGHUP 1 1 1 1 1 | SIGINT 2 2 2 2 2 | SIGQUIT 3 3 3 3 3 | SIGILL 4 4 4 4 4 | SIGTRAP 5 5 5 5 5 | SIGABRT 6 6 6 6 6
SIGBUS 7 10 10 10 10 | SIGFPE 8 8 8 8 8 | SIGKILL 9 9 9 9 9 | SIGUSR1 10 30 30 16 16 | SIGSEGV 11 11 11 11 11
SIGUSR2 12 31 31 17 17 | SIGPIPE 13 13 13 13 13 | SIGALRM 14 14 14 14 14 | SIGTERM 15 15 15 15 15
SIGSTKFLT 16 - - - 7 | SIGCHLD 17 20 20 18 18 | SIGCONT 18 19 19 25 26 | SIGSTOP 19 17 17 23 24
SIGTSTP 20 18 18 24 25 | SIGTTIN 21 21 21 26 27 | SIGTTOU 22 22 22 27 28 | SIGURG 23 16 16 21 29
SIGXCPU 24 24 24 30 12 | SIGXFSZ 25 25 25 31 30 | SIGVTALRM 26 26 26 28 20 | SIGPROF 27 27 27 29 21
SIGWINCH 28 28 28 20 23 | SIGIO 29 23 23 22 22 | SIGPWR 30 29 29 19 19 | SIGSYS 31 12 12 12 31`;

function variants(code: number): Record<string, string[]> {
  const signal = explainExitCode(code).signal;
  return Object.fromEntries((signal?.variants ?? []).map(({ name, architectures }) => [name, architectures]));
}

describe('the table of signals', () => {
  it('has the numbers of signal(7)', () => {
    const manual = MANUAL.trim()
      .split(/[|\n]/)
      .map((cell) => cell.trim().split(' '))
      .map(([name, ...numbers]) => ({ name, numbers: numbers.map((n) => (n === '-' ? null : Number(n))) }));
    expect(STANDARD_SIGNALS.map(({ name, numbers }) => ({ name, numbers: [...numbers] }))).toEqual(manual);
  });

  it('agrees with this machine where that is x86 or ARM', () => {
    if (!['x64', 'arm64'].includes(process.arch) || process.platform !== 'linux') return;
    const numberOf: Record<string, number> = { ...constants.signals };
    for (const { name, numbers } of STANDARD_SIGNALS) expect([name, numberOf[name]]).toEqual([name, numbers[0]]);
  });

  it('has a signal for each of 1-64 and none beyond', () => {
    for (let number = 1; number <= 64; number += 1) expect(describeSignal(number)?.meaning.number).toBe(number);
    for (const number of [0, -1, 65, 127]) expect(describeSignal(number)).toBeNull();
  });

  it('has no two signals with one number on one architecture', () => {
    for (let group = 0; group < 5; group += 1) {
      const numbers = STANDARD_SIGNALS.map((row) => row.numbers[group]).filter((n) => n !== null);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });
});

/** signal(7), "Standard signals": the default action of each, in the manual's words. */
const ACTIONS = `
SIGHUP Term SIGINT Term SIGQUIT Core SIGILL Core SIGTRAP Core SIGABRT Core SIGBUS Core SIGFPE Core SIGKILL Term SIGUSR1 Term
SIGSEGV Core SIGUSR2 Term SIGPIPE Term SIGALRM Term SIGTERM Term SIGSTKFLT Term SIGCHLD Ign SIGCONT Cont SIGSTOP Stop
SIGTSTP Stop SIGTTIN Stop SIGTTOU Stop SIGURG Ign SIGXCPU Core SIGXFSZ Core SIGVTALRM Term SIGPROF Term SIGWINCH Ign
SIGIO Term SIGPWR Term SIGSYS Core`;

it('has the default actions of signal(7)', () => {
  const words = { terminate: 'Term', core: 'Core', ignore: 'Ign', stop: 'Stop', continue: 'Cont' };
  const told = STANDARD_SIGNALS.map(({ name, action }) => `${name} ${words[action]}`).join(' ');
  expect(told).toBe(ACTIONS.trim().replaceAll('\n', ' '));
  for (let number = 32; number <= 64; number += 1) expect(describeSignal(number)?.action).toBe('terminate');
});

describe('real-time signals', () => {
  it.each([
    [160, 'SIG32', 'glibc to cancel threads, musl for its timers'],
    [161, 'SIG33', 'glibc to change the user of all threads, musl to cancel threads'],
    [162, 'SIGRTMIN', 'musl keeps it for itself'],
    [163, 'SIGRTMIN+1', 'SIGRTMIN with musl'],
    [178, 'SIGRTMIN+16', 'also written SIGRTMAX-14'],
    [191, 'SIGRTMIN+29', 'also written SIGRTMAX-1'],
    [192, 'SIGRTMAX', 'SIGRTMIN+30 with glibc'],
  ])('%i is %s', (code, name, says) => {
    const e = explainExitCode(code);
    expect(e.signal?.name).toBe(name);
    expect(e.meanings[0]).toMatchObject({ convention: 'signal', name });
    expect(e.meanings[0]?.text).toContain(says);
    expect(e.meanings[0]?.source).toContain('musl');
  });
});

describe('variants by architecture', () => {
  const usual = ['x86', 'arm', 'most others'];

  it.each([
    [135, { SIGBUS: usual, SIGEMT: ['alpha', 'sparc', 'mips'], SIGSTKFLT: ['parisc'] }],
    [138, { SIGUSR1: usual, SIGBUS: ['alpha', 'sparc', 'mips', 'parisc'] }],
    [140, { SIGUSR2: usual, SIGSYS: ['alpha', 'sparc', 'mips'], SIGXCPU: ['parisc'] }],
    [144, { SIGSTKFLT: usual, SIGURG: ['alpha', 'sparc'], SIGUSR1: ['mips', 'parisc'] }],
    [157, { SIGIO: usual, SIGPWR: ['alpha', 'sparc'], SIGINFO: ['alpha'], SIGLOST: ['sparc'], SIGPROF: ['mips'], SIGURG: ['parisc'] }],
    [158, { SIGPWR: usual, SIGUSR1: ['alpha', 'sparc'], SIGXCPU: ['mips'], SIGXFSZ: ['parisc'] }],
    [137, {}],
    [143, {}],
  ])('%i', (code, expected) => {
    expect(variants(code)).toEqual(expected);
  });

  it('tells where a signal is elsewhere: SIGUSR1 is 30, 10 or 16', () => {
    expect(explainExitCode(138).signal?.numbers).toEqual([
      { number: 10, code: 138, architectures: usual },
      { number: 30, code: 158, architectures: ['alpha', 'sparc'] },
      { number: 16, code: 144, architectures: ['mips', 'parisc'] },
    ]);
  });

  it('says of the codes beyond 192 that only MIPS has such signals', () => {
    const e = explainExitCode(200);
    expect(e.signal).toBeNull();
    expect(e.meanings).toContainEqual(expect.objectContaining({ convention: 'signal', name: 'SIGRTMIN+38 on MIPS' }));
  });
});
