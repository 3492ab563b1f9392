import type { Micros } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import { microsOfTimestamp } from '../grpc/proto-time.ts';
import type { Tally } from '../grpc/tally.ts';
import type { ContainerdClient } from './client.ts';
import type { ContainerTable, Key } from './container-table.ts';
import { keyText } from './container-table.ts';
import { describeContainer } from './identity.ts';
import { TASK_CREATED, TASK_STOPPED } from './messages.ts';
import type { Task } from './messages.ts';

export interface ListedExit {
  readonly container: Container;
  readonly exitCode: number;
  readonly exitedAt: Micros;
}

export interface Listing {
  /** Every container that containerd holds. */
  readonly containers: readonly Container[];
  /** Tasks that ended and were not removed: exits that nobody told this agent of. */
  readonly exits: readonly ListedExit[];
  /** Containers that ran when last heard of, and whose task is gone: how they ended cannot be had from here. */
  readonly lost: readonly Key[];
}

/**
 * Lists everything and brings the table up to date. It runs while events already arrive; what an event has told since
 * (`touched`) is newer than the list and wins.
 */
export async function listAll(
  client: ContainerdClient,
  table: ContainerTable,
  namespaces: readonly string[],
  touched: ReadonlySet<string>,
  tally: Tally,
): Promise<Listing> {
  const before = table.running();
  const listed: Key[] = [];
  const tasks = new Map<string, InitTask>();
  for (const namespace of namespaces) {
    await client.containers(namespace, (record) => {
      const key = { namespace, id: record.id };
      listed.push(key);
      if (!touched.has(keyText(key)) || table.has(key)) table.describe(key, describeContainer(namespace, record, tally));
    });
    for (const one of await initTasks(client, namespace)) tasks.set(keyText(one.key), one);
  }
  const isOld = (key: Key): boolean => !touched.has(keyText(key));
  const lost = before.filter(({ key, pid }) => isOld(key) && isAnother(tasks.get(keyText(key))?.task, pid)).map(({ key }) => key);
  for (const key of lost) table.vanish(key);

  const exits = [...tasks.values()].filter(({ key }) => isOld(key)).flatMap(({ key, task }) => applyTask(table, key, task, tally));
  const kept = new Set(listed.map(keyText));
  for (const key of table.keys()) if (isOld(key) && !kept.has(keyText(key))) table.forget(key);
  return { containers: listed.filter((key) => table.has(key)).map((key) => table.get(key)), exits, lost };
}

export interface InitTask {
  readonly key: Key;
  readonly task: Task;
}

/** Tasks of containers themselves, without those of execs. */
export async function initTasks(client: ContainerdClient, namespace: string): Promise<readonly InitTask[]> {
  return (await client.tasks(namespace)).flatMap((task) => {
    const isExec = task.containerId !== '' && task.id !== '' && task.id !== task.containerId;
    return isExec ? [] : [{ key: { namespace, id: task.containerId === '' ? task.id : task.containerId }, task }];
  });
}

/** Whether the task that ran is no longer the one that is listed. */
function isAnother(task: Task | undefined, pid: number | null): boolean {
  return task === undefined || (pid !== null && task.pid !== 0 && task.pid !== pid);
}

function applyTask(table: ContainerTable, key: Key, task: Task, tally: Tally): ListedExit[] {
  if (task.status === 0) {
    tally.count('task-of-unknown-status');
    return [];
  }
  if (task.status === TASK_CREATED) return [];
  if (task.status !== TASK_STOPPED) {
    table.start(key, task.pid, null);
    return [];
  }
  const container = table.exit(key, task.pid);
  const exitedAt = microsOfTimestamp(task.exitedAt);
  if (container === null) return [];
  if (exitedAt === null) {
    tally.count('exit-without-time');
    return [];
  }
  return [{ container, exitCode: task.exitStatus, exitedAt }];
}
