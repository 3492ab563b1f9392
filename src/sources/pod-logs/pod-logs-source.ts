import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import { errno, sayThrown } from '../../lib/thrown.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Source } from '../source.ts';
import { containerOfLog } from './log-name.ts';

export const CONTAINER_LOGS = '/var/log/containers';
const NAME = 'pod-logs';
/** Without notice from the kernel, looking is all there is. */
const LOOK_MS = 5_000;
const LOOK_UNWATCHED_MS = 1_000;
/** Notices come in numbers: a pod that starts makes several links. */
const REST_MS = 50;

interface Watcher {
  close(): Promise<void>;
}

/**
 * Who the containers of this node are, by the names of their logs: kubelet links each in /var/log/containers, whatever the
 * runtime. Reads names and links alone, no log.
 */
export function podLogsSource({ host }: { readonly host: Host }): Source {
  const dir = host.path(CONTAINER_LOGS);
  const ending = new AbortController();
  let told = new Set<string>();
  let state: 'unknown' | 'up' | 'down' = 'unknown';
  let watcher: Watcher | null = null;
  let opening: Promise<void> = Promise.resolve();
  let forget = (): void => undefined;
  let resting = false;
  let unwatchable = false;

  async function look(emit: Emit): Promise<void> {
    const names = await readdir(dir).catch((error: unknown) => error);
    if (ending.signal.aborted) return;
    if (!Array.isArray(names)) {
      tellDown(emit, names);
      return;
    }
    const found = new Set<string>(names.filter((name) => typeof name === 'string'));
    for (const name of found) {
      if (told.has(name)) continue;
      const container = containerOfLog(name, await readlink(join(dir, name)).catch(() => null));
      if (container !== null) emit({ type: 'container', source: NAME, container });
    }
    told = found;
    if (state === 'up') return;
    state = 'up';
    emit({ type: 'up', source: NAME, detail: `names in ${CONTAINER_LOGS}` });
  }

  function tellDown(emit: Emit, error: unknown): void {
    if (state === 'down') return;
    state = 'down';
    const missing = errno(error) === 'ENOENT';
    const why = missing ? `${CONTAINER_LOGS} does not exist` : `${CONTAINER_LOGS} cannot be read: ${sayThrown(error)}`;
    emit({ type: 'down', source: NAME, why, cure: `Mount the host's /var/log, where kubelet keeps ${CONTAINER_LOGS}` });
  }

  async function watch(notice: () => void): Promise<void> {
    if (watcher !== null || unwatchable || state !== 'up' || ending.signal.aborted) return;
    // Loaded where it is used: an agent that has a runtime's socket never pays for it.
    const { watch: chokidar } = await import('chokidar');
    const opened = chokidar(dir, { depth: 0, ignoreInitial: true, followSymlinks: false, atomic: false });
    opened.on('raw', notice);
    // Such as ENOSPC: inotify's limit is reached.
    opened.on('error', () => {
      watcher = null;
      unwatchable = true;
      void opened.close();
    });
    watcher = opened;
  }

  return {
    name: NAME,
    kind: 'names',
    async start(emit) {
      const notice = (): void => {
        if (resting || ending.signal.aborted) return;
        resting = true;
        forget();
        forget = host.clock.after(REST_MS, again);
      };
      const again = (): void => {
        resting = false;
        void look(emit).then(() => {
          if (ending.signal.aborted) return;
          opening = watch(notice).catch(() => undefined);
          forget();
          forget = host.clock.after(watcher === null ? LOOK_UNWATCHED_MS : LOOK_MS, again);
        });
      };
      await look(emit);
      again();
    },
    async stop() {
      ending.abort();
      forget();
      await opening;
      await watcher?.close();
    },
  };
}
