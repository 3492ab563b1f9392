import { statSync } from 'node:fs';
import type { Clock } from '../../host/clock.ts';

const LOOK_MS = 1_000;
/** Without notice from the kernel, looking is all there is. */
const LOOK_UNWATCHED_MS = 250;

interface Watcher {
  close(): Promise<void>;
}

/**
 * Calls back when something happened to the file (through chokidar), and every second in any case: notices may be lacking
 * (inotify's limits, some file systems), and the file may appear later or be another one by then. The file alone is
 * watched: chokidar lists a directory anew at whatever happens in it, and in /var/log something always does.
 */
export class FileWatch {
  readonly #clock: Clock;
  readonly #path: string;
  readonly #onNotice: () => void;
  #watcher: Watcher | null = null;
  /** Of the file that is watched. */
  #inode: bigint | null = null;
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
    this.#forget = this.#clock.after(this.#failed ? LOOK_UNWATCHED_MS : LOOK_MS, () => {
      this.#onNotice();
      void this.#watch().catch(() => {
        this.#failed = true;
      });
      this.#again();
    });
  }

  async #watch(): Promise<void> {
    const inode = inodeOf(this.#path);
    if (this.#opening || this.#failed || inode === this.#inode) return;
    this.#opening = true;
    try {
      await this.#watcher?.close();
      this.#watcher = null;
      if (inode !== null) await this.#open();
      this.#inode = inode;
    } finally {
      this.#opening = false;
    }
  }

  async #open(): Promise<void> {
    // Loaded where it is used: an agent that reads no files never pays for it.
    const { watch } = await import('chokidar');
    if (this.#stopped) return;
    const watcher = watch(this.#path, { depth: 0, ignoreInitial: true, atomic: false });
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

/** Null where there is none, or something else in its place. */
function inodeOf(path: string): bigint | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found?.isFile() ? found.ino : null;
  } catch {
    return null;
  }
}
