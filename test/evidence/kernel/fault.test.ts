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
    ['seccomp', 'audit: type=1326 audit(1423144560.123:42): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=4711 comm="app" exe="/app" sig=31 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x80000000', 'SIGSYS'],
  ])('%s', (_, line, signal) => {
    expect(say(kernelFaults, [line])).toMatchObject([{ kind: 'fault', comm: 'app', signal, ownFault: true, about: { pid: 4711 } }]);
  });

  it.each([
    ['a call that was only noted', 'audit: type=1326 audit(1423144560.123:42): auid=0 uid=0 gid=0 ses=1 pid=4711 comm="app" exe="/app" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x7ffc0000'],
    ['an OOM kill', 'Memory cgroup out of memory: Killed process 4711 (app) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0'],
    ['a line of a program', 'containerd[881]: app[4711]: segfault at 0 ip 0 sp 0 error 6'],
    ['words within another message', `something said ${SEGFAULT}`],
  ])('%s: no fault', (_, line) => {
    expect(say(kernelFaults, [line])).toEqual([]);
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
