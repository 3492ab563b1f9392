import { describe, expect, it } from 'vitest';
import { ContainerBook } from '../../src/correlate/container-book.ts';
import { nameSender } from '../../src/correlate/name-sender.ts';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import { containerSchema } from '../../src/model/container-exit.ts';
import { NOBODY, UNKNOWN_SENDER, type Sender } from '../../src/model/witness.ts';
import { T0 } from './node.ts';

const containers = new ContainerBook(10);
const add = (containerId: string, initPid: number, startedAt: number | null, names: Record<string, string> = {}): unknown =>
  containers.add(containerSchema.parse({ containerId, initPid, startedAt: startedAt === null ? null : formatTime(T0 + startedAt * SECOND), ...names }));
add('shell', 100, -60, { podNamespace: 'tools', podName: 'debug', containerName: 'shell' });
add('nameless', 150, -60);
add('later', 200, 5);
add('since-when', 300, null);

function named(sender: Partial<Sender>, atUs: number | null = T0): readonly (string | null)[] {
  const fact = nameSender({ kind: 'signal-sent', signal: 'SIGKILL', success: true, named: 9, witness: 'audit', source: 'units', trust: 'proven', about: { ...NOBODY, pid: 9 }, raw: '', atUs, sender: { ...UNKNOWN_SENDER, ...sender } }, containers);
  return fact.kind === 'signal-sent' ? [fact.sender.containerId, fact.sender.containerName] : [];
}

describe('the container of who sent a signal', () => {
  it.each<[string, Partial<Sender>, readonly (string | null)[]]>([
    ['its PID 1', { pid: 100 }, ['shell', 'tools/debug/shell']],
    ['what its PID 1 started', { pid: 4_000, ppid: 100 }, ['shell', 'tools/debug/shell']],
    ['by its cgroup', { pid: 4_000, ppid: 3_999, cgroup: '/x/shell', containerId: 'shell' }, ['shell', 'tools/debug/shell']],
    ['by its cgroup, of a container that nobody told of', { pid: 4_000, cgroup: '/x/other', containerId: 'other' }, ['other', null]],
    ['one without names', { pid: 150 }, ['nameless', null]],
    ['nobody’s', { pid: 4_000, ppid: 3_999 }, [null, null]],
    ['a pid that a container got later', { pid: 200 }, [null, null]],
    ['a pid since when is not known', { ppid: 300 }, [null, null]],
  ])('%s', (_, sender, expected) => {
    expect(named(sender)).toEqual(expected);
  });

  it('not by a pid where the time is not known', () => {
    expect(named({ pid: 100 }, null)).toEqual([null, null]);
  });
});
