import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { audit } from '../../../src/evidence/audit/audit.ts';
import { say } from '../say.ts';

/** Written by auditd 3.0.9 on Linux 6.18, with the rules that docs/audit.md gives. */
const lines = (name: string): string[] => readFileSync(new URL(`../../fixtures/witness/${name}`, import.meta.url), 'utf8').split('\n').filter((line) => line !== '');

describe('audit.log', () => {
  const said = say(audit, lines('audit-enriched.log'));
  const sent = said.filter(({ kind }) => kind === 'signal-sent');

  it('names who sent SIGKILL, and to whom', () => {
    expect(sent).toMatchObject([
      // From inside a PID namespace: kill -9 1.
      { signal: 'SIGKILL', success: true, named: 1, about: { pid: 8558 }, sender: { pid: 8559, comm: 'sh', exe: '/usr/bin/dash', uid: 0 } },
      { named: 9016, about: { pid: 9016 }, sender: { pid: 9027 }, atUs: 1_795_569_251_391_000 },
      // tgkill, whose signal is the third argument.
      { signal: 'SIGKILL', named: 9036, about: { pid: 9036 }, sender: { comm: 'perl' } },
      // pidfd_send_signal names nobody by number.
      { signal: 'SIGKILL', named: null, about: { pid: 9038 } },
      // A name with a newline comes in hexadecimal digits.
      { about: { pid: 9042 }, sender: { comm: 'x\ny' } },
    ]);
  });

  it('tells who ended by a signal of a fault', () => {
    expect(said.filter(({ kind }) => kind === 'fault')).toMatchObject([
      { comm: 'perl', signal: 'SIGSEGV', ownFault: false, about: { pid: 8562 } },
      { signal: 'SIGSEGV', about: { pid: 8561 } },
      { signal: 'SIGABRT', about: { pid: 8564 } },
      { signal: 'SIGABRT', about: { pid: 8563 } },
    ]);
  });

  it('the same without interpretations, with a node’s name, and in the other order', () => {
    const raw = lines('audit-raw.log');
    const expected = sent.slice(0, 2);
    expect(say(audit, raw)).toEqual(expected);
    expect(say(audit, raw.map((line) => `node=n1 ${line}`))).toEqual(expected);
    expect(say(audit, [...raw].reverse())).toEqual([...expected].reverse());
  });
});

describe('journald', () => {
  const fields = { _AUDIT_ID: '18', _BOOT_ID: 'b', _SOURCE_REALTIME_TIMESTAMP: '1795569251391000' };
  const CALL = 'arch=c00000b7 syscall=129 success=yes exit=0 a0=2338 a1=9 a2=0 a3=0 items=0 ppid=9013 pid=9027 auid=1000 uid=1000 gid=0 comm="sh" exe="/usr/bin/dash" key=(null)';
  const HIT = 'opid=9016 oauid=-1 ouid=0 oses=-1 ocomm="sleep"';

  it.each([
    ['now', 'SYSCALL', 'OBJ_PID'],
    ['before 230', '<audit-1300>', '<audit-1318>'],
  ])('%s', (_, call, hit) => {
    const said = say(audit, [{ text: `${call} ${CALL}`, fields }, { text: `${hit} ${HIT}`, fields }]);
    expect(said).toMatchObject([{ kind: 'signal-sent', signal: 'SIGKILL', sender: { pid: 9027, ppid: 9013, uid: 1000, auid: 1000 }, about: { pid: 9016 }, atUs: 1_795_569_251_391_000 }]);
  });

  it.each([
    ['of another event', `SYSCALL ${CALL}`, { ...fields, _AUDIT_ID: '19' }],
    ['of another boot', `SYSCALL ${CALL}`, { ...fields, _BOOT_ID: 'c' }],
    ['another call', `SYSCALL ${CALL.replace('syscall=129', 'syscall=62')}`, fields],
    ['signal 0', `SYSCALL ${CALL.replace('a1=9', 'a1=0')}`, fields],
  ])('%s: no signal', (_, text, own) => {
    expect(say(audit, [{ text, fields: own }, { text: `OBJ_PID ${HIT}`, fields }])).toEqual([]);
  });

  it('a call that failed says so', () => {
    expect(say(audit, [{ text: `SYSCALL ${CALL.replace('success=yes exit=0', 'success=no exit=-1')}`, fields }, { text: `OBJ_PID ${HIT}`, fields }])).toMatchObject([{ success: false }]);
  });

  it('a group is named by a negative number', () => {
    expect(say(audit, [{ text: `SYSCALL ${CALL.replace('a0=2338', 'a0=ffffdcc8')}`, fields }, { text: `OBJ_PID ${HIT}`, fields }])).toMatchObject([{ named: -9016 }]);
  });

  it('a key of somebody’s choosing adds no field', () => {
    expect(say(audit, [{ text: `SYSCALL ${CALL} pid=1 comm="init"`, fields }, { text: `OBJ_PID ${HIT} opid=77`, fields }])).toMatchObject([{ sender: { pid: 9027, comm: 'sh' }, about: { pid: 9016 } }]);
  });
});
