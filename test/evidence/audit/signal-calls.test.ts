import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { audit } from '../../../src/evidence/audit/audit.ts';
import { signalCall } from '../../../src/evidence/audit/signal-calls.ts';
import { say } from '../say.ts';

const X32 = 0x4000_0000;
/** SIGKILL stands where the call has its signal, and SIGTERM where another has it. */
const record = (arch: string, syscall: number, args: string): string[] => [
  `type=SYSCALL msg=audit(1700000000.123:456): arch=${arch} syscall=${String(syscall)} success=yes exit=0 a0=2338 ${args} a3=0 items=0 ppid=1 pid=77 uid=0 comm="sh" exe="/usr/bin/dash" key="why137"`,
  'type=OBJ_PID msg=audit(1700000000.123:456): opid=9016 oauid=-1 ouid=0 oses=-1 ocomm="sleep"',
];
const SECOND = 'a1=9 a2=f';
const THIRD = 'a1=f a2=9';

describe('calls that send signals', () => {
  it.each([
    ['x86_64 rt_sigqueueinfo', 'c000003e', 129, SECOND],
    ['x86_64 rt_tgsigqueueinfo', 'c000003e', 297, THIRD],
    ['arm64 rt_sigqueueinfo', 'c00000b7', 138, SECOND],
    ['arm64 rt_tgsigqueueinfo', 'c00000b7', 240, THIRD],
    ['riscv64 rt_tgsigqueueinfo', 'c00000f3', 240, THIRD],
    ['loongarch64 rt_sigqueueinfo', 'c0000102', 138, SECOND],
    ['i386 rt_sigqueueinfo', '40000003', 178, SECOND],
    ['i386 rt_tgsigqueueinfo', '40000003', 335, THIRD],
    ['arm rt_tgsigqueueinfo', '40000028', 363, THIRD],
    ['ppc64le rt_sigqueueinfo', 'c0000015', 177, SECOND],
    ['ppc64le rt_tgsigqueueinfo', 'c0000015', 322, THIRD],
    ['s390x rt_tgsigqueueinfo', '80000016', 330, THIRD],
    ['x32 kill', 'c000003e', X32 + 62, SECOND],
    ['x32 tgkill', 'c000003e', X32 + 234, THIRD],
    ['x32 rt_sigqueueinfo', 'c000003e', X32 + 524, SECOND],
    ['x32 rt_tgsigqueueinfo', 'c000003e', X32 + 536, THIRD],
  ])('%s', (_, arch, syscall, args) => {
    expect(say(audit, record(arch, syscall, args))).toMatchObject([{ kind: 'signal-sent', signal: 'SIGKILL', named: 9016, about: { pid: 9016 }, sender: { pid: 77 } }]);
  });

  it('x32 pidfd_send_signal names nobody', () => {
    expect(say(audit, record('c000003e', X32 + 424, SECOND))).toMatchObject([{ signal: 'SIGKILL', named: null }]);
  });

  it.each([
    ['an x32 number of another architecture', 'c00000b7', X32 + 129],
    ['x86_64 524, which is none', 'c000003e', 524],
    ['arm64 62, which is lseek', 'c00000b7', 62],
    ['x86_64 138, which is fstatfs', 'c000003e', 138],
  ])('%s: none', (_, arch, syscall) => {
    expect(say(audit, record(arch, syscall, 'a1=9 a2=9'))).toEqual([]);
  });
});

const RULE = /^ *-a always,exit -F arch=b64 -S (\S+) -F (a[12])=9 -k why137$/gm;
const rulesOf = (page: string): string[][] => [...readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8').matchAll(RULE)].map(([, names = '', argument = '']) => [argument, ...names.split(',').sort()]);

describe('the rule that the pages give', () => {
  it('has every call that is read, each with its signal', () => {
    const calls = [62, 200, 234, 129, 297, 424].flatMap((number) => signalCall('c000003e', String(number)) ?? []);
    const expected = (['a1', 'a2'] as const).map((argument) => [argument, ...calls.filter(({ signalArgument }) => signalArgument === argument).map(({ name }) => name).sort()]);
    expect(rulesOf('docs/audit.md')).toEqual(expected);
    expect(rulesOf('README.md')).toEqual(expected);
  });
});
