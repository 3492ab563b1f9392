import { describe, expect, it } from 'vitest';
import { kernelFaults } from '../../../src/evidence/kernel/fault.ts';
import { JournalFacts } from '../../../src/evidence/journal-facts.ts';
import { KmsgFacts } from '../../../src/evidence/kmsg-facts.ts';
import { TextFacts } from '../../../src/evidence/text-facts.ts';
import { WITNESSES } from '../../../src/evidence/witnesses.ts';
import { NO_TIME } from '../../../src/kernel/framing/wall-time.ts';
import type { WitnessFact } from '../../../src/model/witness.ts';
import { say } from '../say.ts';

/** As recorded on Linux 6.12 without auditd (test/recordings/audited-kill-9-6.12-containerd). */
const CALL = 'audit: type=1300 audit(1795888213.459:2): arch=c000003e syscall=62 success=yes exit=0 a0=25f4 a1=9 a2=0 a3=7f2d6503ffe0 items=0 ppid=869 pid=9774 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="kill" exe="/usr/bin/kill" subj=unconfined key="why137"';
const HIT = 'audit: type=1318 audit(1795888213.459:2): opid=9716 oauid=-1 ouid=0 oses=-1 obj=unconfined ocomm="sleep"';
const TITLE = 'audit: type=1327 audit(1795888213.459:2): proctitle=2F7573722F62696E2F6B696C6C002D390039373136';
const SENT = { kind: 'signal-sent', signal: 'SIGKILL', success: true, named: 9716, sender: { pid: 9774, comm: 'kill', exe: '/usr/bin/kill', uid: 0 }, about: { pid: 9716 }, atUs: 1_795_888_213_459_000 };

describe('audit in the kernel’s own log', () => {
  it('names who sent SIGKILL, and to whom', () => {
    // The time is the call's own: it is printed when its turn comes.
    expect(say(kernelFaults, [CALL, HIT, TITLE].map((text) => ({ text, timeUs: 1_795_888_213_470_585 })))).toMatchObject([SENT]);
    expect(say(kernelFaults, [CALL, HIT].map((text) => `[  123.456789][ T4711] ${text}`))).toMatchObject([SENT]);
    expect(say(kernelFaults, [CALL, HIT].map((text) => text.replace('audit: ', '')))).toMatchObject([SENT]);
  });

  it.each([
    ['of another event', [CALL.replace(':2)', ':5)'), HIT]],
    ['another call', [CALL.replace('syscall=62 ', 'syscall=54 '), HIT]],
    ['who got it alone', [HIT]],
    ['a message that a program handed in', [CALL.replace('type=1300', 'type=1107'), HIT]],
    ['as auditd writes it, which does not write here', [CALL, HIT].map((text) => text.replace('audit: type=1300 audit', 'type=SYSCALL msg=audit').replace('audit: type=1318 audit', 'type=OBJ_PID msg=audit'))],
  ])('%s: no signal', (_, lines) => {
    expect(say(kernelFaults, lines)).toEqual([]);
  });
});

function hearing(): { facts: WitnessFact[]; listener: { fact(fact: WitnessFact): void; drop(): void } } {
  const facts: WitnessFact[] = [];
  return { facts, listener: { fact: (fact) => void facts.push(fact), drop: () => undefined } };
}

describe('is worth what its source is', () => {
  it('/dev/kmsg: proven where the kernel wrote it', () => {
    const { facts, listener } = hearing();
    const kmsg = new KmsgFacts('kmsg', WITNESSES, { ...NO_TIME, bootTimeUs: 1_795_886_000_000_000 }, listener);
    for (const text of [CALL, HIT]) kmsg.push(`14,1,123456789,-;${text}`, null);
    expect(facts).toEqual([]);
    for (const text of [CALL, HIT]) kmsg.push(`5,1,123456789,-;${text}`, null);
    expect(facts).toMatchObject([{ ...SENT, witness: 'kernel', trust: 'proven', source: 'kmsg' }]);
  });

  it('the journal: the same', () => {
    const { facts, listener } = hearing();
    const journal = new JournalFacts('journal', WITNESSES, listener);
    const push = (message: string, facility: string): void => {
      const fields: Readonly<Record<string, string>> = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: facility };
      journal.push({ message, realtimeUs: 1_795_888_213_470_585, field: (name) => fields[name] ?? null });
    };
    for (const text of [CALL, HIT]) push(text, '1');
    expect(facts).toEqual([]);
    for (const text of [CALL, HIT]) push(text, '0');
    expect(facts).toMatchObject([{ ...SENT, witness: 'kernel', trust: 'proven' }]);
  });

  it('a text log proves nothing', () => {
    const { facts, listener } = hearing();
    const log = new TextFacts('syslog', WITNESSES, NO_TIME, listener);
    log.push(Buffer.from([CALL, HIT, TITLE].map((text) => `2026-11-28T17:50:13.470585+00:00 n1 kernel: [  1.5] ${text}\n`).join('')));
    expect(facts).toMatchObject([{ ...SENT, witness: 'kernel', trust: 'text' }]);
  });
});
