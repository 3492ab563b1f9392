import { describe, expect, it } from 'vitest';
import { ContainerBook } from '../../src/correlate/container-book.ts';
import { nameHolders } from '../../src/correlate/name-holders.ts';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import { containerSchema } from '../../src/model/container-exit.ts';
import type { Culprits, Holder } from '../../src/model/culprits.ts';
import { oomKill, T0 } from '../store/samples.ts';

const holder = (pid: number, more: Partial<Holder> = {}): Holder => ({
  pid, comm: 'python', uid: 0, containerId: null, podUid: null, podNamespace: null, podName: null, containerName: null, heldBytes: 1, rssBytes: 1,
  anonRssBytes: null, fileRssBytes: null, shmemRssBytes: null, swapBytes: null, pageTablesBytes: null, oomScoreAdj: 0, share: 1, killed: false, ...more,
});
const culprits = (holders: Holder[]): Culprits => ({ listed: 'node', cgroup: null, tasks: 1, unread: 0, complete: true, pageBytes: 4_096, heldBytes: 1, holders, victimShare: 0, victimWas: 'bystander', unowned: [], memory: null });
const at = (seconds: number): string => formatTime(T0 + seconds * SECOND);

function book(): ContainerBook {
  const containers = new ContainerBook(10);
  const add = (containerId: string, initPid: number, startedAt: string | null, podUid: string | null = null): unknown =>
    containers.add(containerSchema.parse({ containerId, initPid, startedAt, podUid, podNamespace: 'ml', podName: `${containerId}-0`, containerName: 'main' }));
  add('train', 100, at(-60));
  add('later', 200, at(5));
  add('since-when', 300, null);
  return containers;
}
const names = (holders: Holder[], time: string | null = at(0)): unknown =>
  nameHolders(oomKill('k', { time, culprits: culprits(holders) }), book()).culprits?.holders.map(({ containerId, podName }) => [containerId, podName]);

describe('the containers of those who held the memory', () => {
  it('by PID 1 of a container that had started by then', () => {
    expect(names([holder(100)])).toEqual([['train', 'train-0']]);
    expect(names([holder(101)])).toEqual([[null, null]]);
  });

  it('not by a pid alone: one that started later, whose start is not known, or at a time that is not', () => {
    expect(names([holder(200), holder(300)])).toEqual([[null, null], [null, null]]);
    expect(names([holder(100)], null)).toEqual([[null, null]]);
  });

  it('not against what the kernel says of the pod', () => {
    const containers = new ContainerBook(10);
    containers.add(containerSchema.parse({ containerId: 'x', initPid: 100, startedAt: at(-60), podUid: 'uid-a', podName: 'x-0' }));
    const named = (podUid: string) => nameHolders(oomKill('k', { time: at(0), culprits: culprits([holder(100, { podUid })]) }), containers).culprits?.holders[0]?.podName;
    expect([named('uid-a'), named('uid-b')]).toEqual(['x-0', null]);
  });

  it('by the id that the kernel’s path has, whatever the pid', () => {
    expect(names([holder(7, { containerId: 'train' }), holder(8, { containerId: 'unheard-of' })])).toEqual([['train', 'train-0'], ['unheard-of', null]]);
  });

  it('once known it stays known, and what is not new is the same object', () => {
    const named = nameHolders(oomKill('k', { time: at(0), culprits: culprits([holder(100)]) }), book());
    expect(nameHolders(named, new ContainerBook(1))).toBe(named);
    const unknown = oomKill('k', { time: at(0), culprits: culprits([holder(101)]) });
    expect(nameHolders(unknown, book())).toBe(unknown);
    expect(nameHolders(oomKill('k'), book()).culprits).toBeNull();
  });
});
