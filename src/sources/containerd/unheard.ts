import type { Tally } from '../grpc/tally.ts';
import type { ContainerdClient } from './client.ts';
import { keyText, type ContainerTable } from './container-table.ts';
import { initTasks, type InitTask } from './listing.ts';
import { TASK_RUNNING, TASK_STOPPED } from './messages.ts';

/**
 * Containers of which containerd's list says something else than its events did: they run, or have ended. A task that the
 * list leaves out may have a shim that does not answer; it has ended for certain when its container is gone, too.
 */
export async function unheardIn(client: ContainerdClient, table: ContainerTable, only: readonly string[], tally: Tally): Promise<ReadonlySet<string>> {
  const unheard = new Set<string>();
  try {
    const all = await client.namespaces();
    for (const namespace of only.length === 0 ? all : all.filter((name) => only.includes(name))) {
      const tasks = new Map((await initTasks(client, namespace)).map((one) => [keyText(one.key), one]));
      const running = table.running().filter(({ key }) => key.namespace === namespace);
      const pids = new Map(running.map(({ key, pid }) => [keyText(key), pid]));
      for (const [text, one] of tasks) if (isNews(one, table, pids.get(text))) unheard.add(text);
      for (const { key } of running) {
        if (!tasks.has(keyText(key)) && (await client.container(namespace, key.id)) === null) unheard.add(keyText(key));
      }
    }
  } catch {
    // Whether the runtime answers at all is asked otherwise.
    tally.count('list-not-compared');
  }
  return unheard;
}

/** `runsAs`: PID 1 of the container that runs, as far as was heard; undefined: none does. */
function isNews({ key, task }: InitTask, table: ContainerTable, runsAs: number | null | undefined): boolean {
  if (task.status === TASK_RUNNING) return !table.has(key) || table.get(key).initPid !== task.pid;
  return task.status === TASK_STOPPED && runsAs !== undefined && (runsAs === null || task.pid === 0 || runsAs === task.pid);
}
