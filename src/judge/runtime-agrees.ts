import { FAMILY_OF, type Cause } from '../model/cause.ts';

/** Whether the runtime's word tells the same story; null where it tells none. */
export function runtimeAgrees(reason: string | null, cause: Cause, exitCode: number): boolean | null {
  if (reason === null || cause === 'unknown') return null;
  const family = FAMILY_OF[cause];
  if (reason === 'OOMKilled') return family === 'cgroup-limit';
  if (reason === 'Completed') return exitCode === 0;
  // "Error" only says that it failed: wrong where OOMKilled would have been right, silent about the node.
  if (reason === 'Error') return family === 'cgroup-limit' ? false : family === 'node-wide' ? null : true;
  return null;
}
