import type { Host } from '../../host/host.ts';
import { formatTime } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import type { Emit, SourceEvent } from '../../model/source-event.ts';
import type { Source } from '../source.ts';
import { inodeOf, readCounts } from './counts.ts';
import { findHierarchy, type Hierarchy } from './hierarchy.ts';
import { pathsOf } from './own-cgroup.ts';

export interface CgroupsSource extends Source {
  /** Is told what other sources tell: containers are read at their start and end, all of them when the kernel has counted a kill. */
  hears(event: SourceEvent): void;
}

const NAME = 'cgroups';
/** Kills come in storms: all are read at most so often. */
const SWEEP_MS = 1_000;
/** Living containers that are kept in mind; a kubelet runs 110 pods unless it is told otherwise. */
const MAX_LIVING = 2_000;

/**
 * The kernel's own counts of each memory cgroup: of containers while they live, of their pods and of what is around them
 * also after. Files are read when something happened, never in turns.
 */
export function cgroupsSource({ host }: { readonly host: Host }): CgroupsSource {
  let emit: Emit = () => undefined;
  let hierarchy: Hierarchy | null = null;
  /** Own cgroup and those around it, the outermost first, by container. */
  const living = new Map<string, readonly string[]>();
  let counted: number | null = null;
  let sweeping = false;
  let sweptUs = -Infinity;
  let forget = (): void => undefined;

  function read(paths: Iterable<readonly [path: string, containerId: string | null]>, within: Hierarchy): void {
    for (const [cgroup, containerId] of paths) {
      const counts = readCounts(within, cgroup);
      if (counts !== null) emit({ type: 'memory-events', source: NAME, reading: { time: formatTime(host.clock.now()), cgroup, containerId, ...counts } });
    }
  }

  function born(container: Container, within: Hierarchy): void {
    const { containerId } = container;
    if (living.has(containerId)) return;
    const paths = pathsOf(container, within);
    // A container is told of before it has a cgroup, and after it had one.
    if (paths.length === 0 || inodeOf(within, paths.at(-1) ?? '') === null) {
      if (paths.length > 0 && container.initPid !== null) emit({ type: 'unread', source: NAME, why: 'no-such-cgroup' });
      return;
    }
    living.set(containerId, paths);
    const [oldest] = living.keys();
    if (living.size > MAX_LIVING && oldest !== undefined) living.delete(oldest);
    read(owned(containerId, paths), within);
  }

  function died(container: Container, within: Hierarchy): void {
    const { containerId } = container;
    const paths = living.get(containerId) ?? pathsOf(container, within);
    living.delete(containerId);
    // The container's own first: it is gone the soonest.
    read(owned(containerId, paths).reverse(), within);
  }

  /** The kernel killed somebody: whose, their cgroups tell. */
  function sweep(within: Hierarchy): void {
    sweeping = false;
    sweptUs = host.clock.now();
    const paths = new Map<string, string | null>();
    for (const [containerId, around] of living) for (const [path, own] of owned(containerId, around)) if (own !== null || !paths.has(path)) paths.set(path, own);
    read(paths, within);
  }

  function sweepSoon(within: Hierarchy): void {
    if (sweeping) return;
    sweeping = true;
    const restMs = Math.max(0, SWEEP_MS - (host.clock.now() - sweptUs) / 1_000);
    forget = host.clock.after(restMs, () => {
      sweep(within);
    });
  }

  return {
    name: NAME,
    kind: 'cgroups',
    start(to) {
      emit = to;
      const found = findHierarchy(host);
      if ('why' in found) {
        emit({ type: 'down', source: NAME, ...found });
        return Promise.resolve();
      }
      hierarchy = found;
      emit({ type: 'up', source: NAME, detail: `${found.version === 2 ? 'memory.events' : 'memory.oom_control'} below ${found.root} (cgroup v${String(found.version)})` });
      return Promise.resolve();
    },
    stop() {
      hierarchy = null;
      forget();
      return Promise.resolve();
    },
    hears(event) {
      if (hierarchy === null) return;
      if (event.type === 'container') born(event.container, hierarchy);
      else if (event.type === 'exit') died(event.exit, hierarchy);
      else if (event.type === 'ledger') {
        if (counted !== null && event.reading.oomKill > counted) sweepSoon(hierarchy);
        counted = event.reading.oomKill;
      }
    },
  };
}

/** From the outside in: what is read of those around it is from before what its own count says. */
function owned(containerId: string, paths: readonly string[]): (readonly [string, string | null])[] {
  return paths.map((path, index): readonly [string, string | null] => [path, index === paths.length - 1 ? containerId : null]);
}
