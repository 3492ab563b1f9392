import { describe, expect, it } from 'vitest';
import { kernelFaults } from '../../../src/evidence/kernel/fault.ts';
import { KmsgFacts } from '../../../src/evidence/kmsg-facts.ts';
import { TextFacts } from '../../../src/evidence/text-facts.ts';
import { WITNESSES } from '../../../src/evidence/witnesses.ts';
import { NO_TIME } from '../../../src/kernel/framing/wall-time.ts';
import type { WitnessFact } from '../../../src/model/witness.ts';
import { say } from '../say.ts';

const SEGFAULT = 'app[4711]: segfault at 0 ip 0000000000401126 sp 00007ffc0f3e2a10 error 6 in app[401000+1000] likely on CPU 1 (core 1, socket 0)';

describe('the kernel on faults', () => {
  it.each([
    ['memory', SEGFAULT, 'SIGSEGV'],
    ['memory, with the uptime', `[  123.456789][ T4711] ${SEGFAULT}`, 'SIGSEGV'],
    ['protection', 'traps: app[4711] general protection fault ip:401126 sp:7ffc0f3e2a10 error:0 in app[401000+1000]', 'SIGSEGV'],
    ['protection, before 5.5', 'traps: app[4711] general protection ip:401126 sp:7ffc0f3e2a10 error:0 in app[401000+1000]', 'SIGSEGV'],
    ['an instruction', 'traps: app[4711] trap invalid opcode ip:401126 sp:7ffc0f3e2a10 error:0 in app[401000+1000]', 'SIGILL'],
    ['a division', 'traps: app[4711] trap divide error ip:401126 sp:7ffc0f3e2a10 error:0 in app[401000+1000]', 'SIGFPE'],
    ['a breakpoint', 'traps: app[4711] trap int3 ip:401126 sp:7ffc0f3e2a10 error:0 in app[401000+1000]', 'SIGTRAP'],
    ['arm64, before 4.18', 'app[4711]: unhandled level 2 translation fault (11) at 0x00000000, esr 0x92000046, in app[400000+1000]', 'SIGSEGV'],
    ['arm64', 'app[4711]: unhandled exception: DABT (lower EL), ESR 0x0000000092000046, level 2 translation fault in app[400000+1000]', 'SIGSEGV'],
    // As cet.c prints it (found in a mail to linux-kernel), and as kernels that had it in traps.c.
    ['a shadow stack', 'app[4711] control protection ip:40122c sp:7ffc23b5b448 ssp:7fa3bfdffff8 error:1(near ret) in app[401000+1000]', 'SIGSEGV'],
    ['a shadow stack, in an enclave', 'traps: app[4711] control protection ip:40122c sp:7ffc23b5b448 ssp:7fa3bfdffff8 error:8001(near ret) in enclave in app[401000+1000]', 'SIGSEGV'],
    ['arm64, before 4.18, with brackets', 'app[4711]: unhandled level 1 (translation table walk) (7) at 0x00000000, esr 0x92000015', 'SIGBUS'],
    ['arm64, an instruction before 4.18', 'app[4711]: undefined instruction: pc=0000007f907a5160', 'SIGILL'],
    ['arm64, cache maintenance before 4.18', 'app[4711]: illegal memory access: pc=00000000deadbeef', 'SIGSEGV'],
    ['arm64, alignment before 4.18', 'app[4711]: SP Alignment exception: pc=0000000000402100 sp=0000ffffde49daa8', 'SIGBUS'],
    ['arm64, no ESR', 'app[4711]: unhandled exception: undefined instruction in app[400000+1000]', 'SIGILL'],
    ['arm64, no ESR, nor where', 'app[4711]: unhandled exception: illegal memory access', 'SIGSEGV'],
    ['arm64, an AArch32 call', 'app[4711]: unhandled exception: Oops - bad compat syscall(2) in app[10000+50000]', 'SIGILL'],
    ['arm64, 4.18 to 5.17, whose ESR is a number of a call', 'app[4711]: unhandled exception: ERET/ERETAA/ERETAB, ESR 0x68000000, Oops - bad compat syscall(2) in app[10000+50000]', 'SIGILL'],
    ['arm64, alignment', 'app[4711]: unhandled exception: SP Alignment, ESR 0x000000009a000000, SP/PC alignment exception in app[400000+4000]', 'SIGBUS'],
    ['arm64, a tag', 'app[4711]: unhandled exception: DABT (lower EL), ESR 0x0000000092000051, synchronous tag check fault in app[b847a9c80000+1000]', 'SIGSEGV'],
    ['arm64, what nobody expected', 'app[4711]: unhandled exception: SME, ESR 0x0000000076000000, Bad EL0 synchronous exception in app[400000+1000]', 'SIGILL'],
    ['arm64, a breakpoint', 'app[4711]: unhandled exception: BRK (AArch64), ESR 0x00000000f2000001, User debug trap in app[400000+1000]', 'SIGTRAP'],
    ['arm64, which signal is another from version to version', 'app[4711]: unhandled exception: DABT (lower EL), ESR 0x0000000092000001, level 1 address size fault in app[400000+1000]', null],
    ['riscv', 'app[4711]: unhandled signal 11 code 0x1 at 0x0000000000000001 in libc.so.6[3fb3ed8000+185000]', 'SIGSEGV'],
    ['riscv, an instruction', 'app[4711]: unhandled signal 4 code 0x1 at 0x0000000000010078  in app[10000+1000]', 'SIGILL'],
    ['seccomp, before 3.14', 'type=1326 audit(1423144560.123:42): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=4711 comm="app" exe="/app" sig=31 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x80000000', 'SIGSYS'],
    ['seccomp', 'audit: type=1326 audit(1423144560.123:42): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=4711 comm="app" exe="/app" sig=31 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x80000000', 'SIGSYS'],
  ])('%s', (_, line, signal) => {
    expect(say(kernelFaults, [line])).toMatchObject([{ kind: 'fault', comm: 'app', signal, ownFault: true, about: { pid: 4711 } }]);
  });

  it.each([
    ['a call that was only noted', 'audit: type=1326 audit(1423144560.123:42): auid=0 uid=0 gid=0 ses=1 pid=4711 comm="app" exe="/app" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x7ffc0000'],
    ['an OOM kill', 'Memory cgroup out of memory: Killed process 4711 (app) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0'],
    ['a line of a program', 'containerd[881]: app[4711]: segfault at 0 ip 0 sp 0 error 6'],
    ['words within another message', `something said ${SEGFAULT}`],
    ['a word of auditd, which does not write here', 'type=ANOM_ABEND msg=audit(1423144560.123:42): auid=0 uid=0 gid=0 ses=1 pid=4711 comm="app" exe="/app" sig=11 res=1'],
    ['a call that nobody has', 'app[4711]: syscall 1000'],
  ])('%s: no fault', (_, line) => {
    expect(say(kernelFaults, [line])).toEqual([]);
  });

  it('a name cannot stand for another process, by any wording', () => {
    const behind = ['] control protection ip:0 sp:0 ssp:0 error:1(near ret) in a[0+1]', ']: unhandled exception: undefined instruction in a[0+1]', ']: undefined instruction: pc=0', ']: SP Alignment exception: pc=0 sp=0', ']: unhandled signal 11 code 0x1 at 0x0 in a[0+1]'];
    for (const words of behind) {
      const name = `[1${words}`.slice(0, 15);
      expect(say(kernelFaults, [`${name}[4711${words}`])).toMatchObject([{ comm: name, about: { pid: 4711 } }]);
    }
  });

  it('a name cannot stand for another process', () => {
    expect(say(kernelFaults, ['x[1]: segfault [4711]: segfault at 0 ip 0000000000401126 sp 00007ffc0f3e2a10 error 6'])).toMatchObject([{ comm: 'x[1]: segfault ', about: { pid: 4711 } }]);
  });
});

function hearing(): { facts: WitnessFact[]; listener: { fact(fact: WitnessFact): void; drop(): void } } {
  const facts: WitnessFact[] = [];
  return { facts, listener: { fact: (fact) => void facts.push(fact), drop: () => undefined } };
}

describe('where the kernel says so', () => {
  it('/dev/kmsg proves it by its facility', () => {
    const { facts, listener } = hearing();
    const kmsg = new KmsgFacts('kmsg', WITNESSES, { ...NO_TIME, bootTimeUs: 1e15 }, listener);
    kmsg.push(`6,1,123456789,-;${SEGFAULT}`, null);
    kmsg.push(`14,2,123456790,-;${SEGFAULT}`, null);
    expect(facts).toMatchObject([{ witness: 'kernel', trust: 'proven', source: 'kmsg', atUs: 1e15 + 123_456_789 }]);
  });

  it('a text log proves nothing', () => {
    const { facts, listener } = hearing();
    const log = new TextFacts('syslog', WITNESSES, NO_TIME, listener);
    log.push(Buffer.from(`2026-11-23T17:43:24.500000+00:00 n1 kernel: [  1.5] ${SEGFAULT}\n2026-11-23T17:43:24.500000+00:00 n1 app: ${SEGFAULT}\n`));
    expect(facts).toMatchObject([{ witness: 'kernel', trust: 'text', about: { pid: 4711 } }]);
  });
});
