import { systemClock } from './clock.ts';
import { hostPath, type Host } from './host.ts';
import { spawnLines } from './spawn-lines.ts';

/**
 * The machine itself: its clock, its files below `root` (`/`, or where a container has the host's root mounted) and
 * its processes.
 */
export function systemHost(root: string): Host {
  return {
    clock: systemClock,
    root,
    path: (path) => hostPath(root, path),
    spawn: spawnLines,
  };
}
