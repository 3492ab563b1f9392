import { constants, fstatSync, openSync, write } from 'node:fs';

/** Where log lines go; pino needs `write` only. */
export interface Destination {
  write(line: string): void;
  /** Lines lost so far. */
  dropped?(): number;
  /** Whether what waits to be written leaves room for more. */
  hasRoom?(): boolean;
  /** Resolves when all is written, or after so many milliseconds. */
  flushed?(timeoutMs: number): Promise<void>;
}

/** A few thousand lines: enough for a reader that pauses, little enough to hold. */
const MAX_PENDING_BYTES = 1_048_576;
const MAX_WRITE_BYTES = 65_536;
const RETRY_MS = 20;

/**
 * Standard output that never stops the agent. pino's synchronous destination waits in write(2), or sleeps on EAGAIN,
 * for as long as nobody reads the pipe: no verdict and no HTTP meanwhile, and its asynchronous one flushes
 * synchronously at exit, which then never comes. Here lines wait in a bounded queue; what is more is dropped and
 * counted.
 */
export function openStdout(fd = 1, maxPendingBytes = MAX_PENDING_BYTES): Destination {
  const target = withoutWaiting(fd);
  let queue: string[] = [];
  let queued = 0;
  let current: Buffer | null = null;
  let dropped = 0;
  const idle: (() => void)[] = [];

  function pump(): void {
    if (!current) {
      if (queue.length === 0) {
        for (const told of idle.splice(0)) told();
        return;
      }
      current = take();
    }
    write(target, current, (error, written) => {
      if (error && error.code !== 'EAGAIN') giveUp();
      else if (current) current = written < current.length ? current.subarray(error ? 0 : written) : null;
      if (error?.code === 'EAGAIN') setTimeout(pump, RETRY_MS);
      else pump();
    });
  }

  function take(): Buffer {
    const lines: string[] = [];
    let bytes = 0;
    while (queue.length > lines.length && bytes < MAX_WRITE_BYTES) {
      const line = queue[lines.length] ?? '';
      bytes += Buffer.byteLength(line);
      lines.push(line);
    }
    queue = queue.slice(lines.length);
    queued -= bytes;
    return Buffer.from(lines.join(''));
  }

  /** The reader is gone, or the disk is full: the agent's other outputs go on. */
  function giveUp(): void {
    dropped += queue.length + 1;
    queue = [];
    queued = 0;
    current = null;
  }

  return {
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (queued + bytes > maxPendingBytes) {
        dropped += 1;
        return;
      }
      queue.push(line);
      queued += bytes;
      if (queue.length === 1 && !current) pump();
    },
    dropped: () => dropped,
    hasRoom: () => queued < maxPendingBytes / 2,
    flushed: (timeoutMs) =>
      new Promise((resolve) => {
        if (!current && queue.length === 0) {
          resolve();
          return;
        }
        const timer = setTimeout(resolve, timeoutMs);
        idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/**
 * A pipe is opened a second time with O_NONBLOCK, which changes nothing for others who hold it; otherwise a write that
 * waits would hold a thread of the pool, and the process at its exit. Files and terminals are taken as they are; so
 * are sockets, which cannot be opened again: there the loop goes on, but the end waits for the reader.
 */
function withoutWaiting(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO()) return openSync(`/proc/self/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Not ours to open again (another user's pipe): as it is, then.
  }
  return fd;
}
