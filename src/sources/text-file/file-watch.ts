import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../host/clock.ts';

const LOOK_MS = 1_000;
/** Without notice from the kernel, looking is all there is. */
const LOOK_UNWATCHED_MS = 250;

interface Watcher {
  close(): Promise<void>;
}

/**
 * Calls back when something happened to the file or near it in its directory (through chokidar), and every second in
 * any case: notices may be lacking (inotify's limits, some file systems), and the directory may appear later.
 */
export class FileWatch {
  readonly #clock: Clock;
  readonly #path: string;
  readonly #onNotice: () => void;
  #watcher: Watcher | null = null;
  #opening = false;
  #stopped = false;
  #failed = false;
  #forget: () => void = () => undefined;

  constructor(clock: Clock, path: string, onNotice: () => void) {
    this.#clock = clock;
    this.#path = path;
    this.#onNotice = onNotice;
  }

  async start(): Promise<void> {
    await this.#watch();
    this.#again();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forget();
    await this.#watcher?.close();
  }

  #again(): void {
    if (this.#stopped) return;
    this.#forget = this.#clock.after(this.#watcher === null ? LOOK_UNWATCHED_MS : LOOK_MS, () => {
      this.#onNotice();
      void this.#watch().catch(() => {
        this.#failed = true;
      });
      this.#again();
    });
  }

  async #watch(): Promise<void> {
    const dir = dirname(this.#path);
    if (this.#watcher !== null || this.#opening || this.#failed || !existsSync(dir)) return;
    this.#opening = true;
    // Loaded where it is used: an agent that reads no files never pays for it.
    const { watch } = await import('chokidar');
    this.#opening = false;
    if (this.#stopped) return;
    const name = basename(this.#path);
    const watcher = watch(dir, {
      depth: 0,
      ignoreInitial: true,
      atomic: false,
      ignored: (path) => path !== dir && !basename(path).startsWith(name),
    });
    // `change` is thinned out to one in 50 ms, and the last may be the one left out; `raw` tells of every notice.
    watcher.on('raw', this.#onNotice);
    watcher.on('all', this.#onNotice);
    // Such as ENOSPC: inotify's limit is reached.
    watcher.on('error', () => {
      this.#failed = true;
      this.#watcher = null;
      void watcher.close();
    });
    this.#watcher = watcher;
  }
}
