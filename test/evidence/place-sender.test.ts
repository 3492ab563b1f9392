import { describe, expect, it } from 'vitest';
import { placeSender } from '../../src/evidence/place-sender.ts';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { NOBODY, UNKNOWN_SENDER, type FactOf } from '../../src/model/witness.ts';
import { exited, started, T0 } from '../correlate/node.ts';
import { answers, NODE, record } from './node-with-kubelet.ts';

const ID = 'ab'.repeat(32);
const IN_POD = `/kubepods.slice/kubepods-burstable.slice/cri-containerd-${ID}.scope`;
const fact = (atUs: number | null = 5): FactOf<'signal-sent'> => ({
  kind: 'signal-sent', signal: 'SIGKILL', success: true, named: 9, witness: 'audit', source: 'units', trust: 'proven', about: { ...NOBODY, pid: 9 }, raw: '', atUs,
  sender: { ...UNKNOWN_SENDER, pid: 70, ppid: 60 },
});

describe('the way of a record that audit wrote', () => {
  const AUDIT = { _TRANSPORT: 'audit', _AUDIT_ID: '18' };
  const killed = (target: number): readonly SourceEvent[] => [
    record(T0 - SECOND / 10, 'SYSCALL arch=c000003e syscall=62 success=yes exit=0 a0=64 a1=9 items=0 ppid=60 pid=70 auid=1000 uid=0 comm="sh" exe="/usr/bin/dash" key="why137"', AUDIT),
    record(T0 - SECOND / 10, `OBJ_PID opid=${String(target)} oauid=-1 ouid=0 oses=-1 ocomm="java"`, AUDIT),
  ];
  const asked: number[] = [];
  const verdicts = (target: number): readonly string[] =>
    answers([started('app', { initPid: 100, startedAt: formatTime(T0 - 60 * SECOND) }), started(ID, { containerId: ID, podUid: null, podNamespace: 'tools', podName: 'debug', containerName: 'shell' }), ...killed(target), exited('app', T0)], NODE, {
      cgroupOf: (pid) => {
        asked.push(pid);
        return pid === 70 ? IN_POD : null;
      },
    }).map(({ summary }) => summary);

  it('asks where the sender is while that lives, and tells its container', () => {
    expect(verdicts(100)).toEqual(['SIGKILL was sent by sh (70, /usr/bin/dash, uid 0, logged in as uid 1000, container tools/debug/shell)']);
    expect(asked.splice(0)).toEqual([70]);
  });

  it('asks nothing for signals to others than a PID 1 of a container', () => {
    verdicts(101);
    expect(asked).toEqual([]);
  });
});

describe('the place of who sent a signal', () => {
  it.each<[string, Record<number, string>, string | null, string | null, string | null]>([
    ['by its own cgroup', { 70: IN_POD, 60: '/system.slice/x.service' }, IN_POD, null, ID],
    ['by its parent’s, where it is gone', { 60: IN_POD }, null, IN_POD, ID],
    ['on the node', { 70: '/system.slice/cron.service', 60: IN_POD }, '/system.slice/cron.service', null, null],
    ['gone, and a shim’s child: no more than that', { 60: '/system.slice/containerd.service' }, null, '/system.slice/containerd.service', null],
    ['both are gone', {}, null, null, null],
  ])('%s', (_, cgroups, cgroup, parentCgroup, containerId) => {
    expect(placeSender(fact(), (pid, at) => (at === 5 ? (cgroups[pid] ?? null) : null)).sender).toMatchObject({ pid: 70, cgroup, parentCgroup, containerId });
  });

  it('not where it is not known when', () => {
    expect(placeSender(fact(null), () => IN_POD)).toEqual(fact(null));
  });
});
