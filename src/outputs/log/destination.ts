import { constants, fstatSync, openSync, write } from 'node:fs';

/** Where log lines go; pino needs `write` only. */
export interface Destination {
  write(line: string): void;
  /** Lines lost so far. */
  dropped?(): number;
  /** Whether what waits to be written leaves room for more. */
  hasRoom?(): boolean;
  /** Resolves when all is written (true), or after so many milliseconds (false). */
  flushed?(timeoutMs: number): Promise<boolean>;
  /** Lines that wait to be written. */
  pending?(): number;
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
          resolve(true);
          return;
        }
        const timer = setTimeout(() => { resolve(false); }, timeoutMs);
        idle.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      }),
    pending: () => queue.length + (current === null ? 0 : current.toString('latin1').split('\n').length - 1),
  };
}

/**
 * A write that waits would hold a thread of the pool, and the process at its exit. A pipe or terminal is opened a second
 * time with O_NONBLOCK, which changes nothing for others who hold it. A socket cannot be opened again, nor can another
 * user's pipe: there Node's own stream sets O_NONBLOCK, when it is made. Files are taken as they are.
 */
function withoutWaiting(fd: number): number {
  const stat = fstatSync(fd);
  try {
    const how = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    if (stat.isFIFO() || stat.isCharacterDevice()) return openSync(`/proc/self/fd/${String(fd)}`, how);
  } catch {
    // Not ours to open again.
  }
  if (stat.isFIFO() || stat.isSocket()) makeStream(fd);
  return fd;
}

/** Asking for it makes it; it is not written to. */
function makeStream(fd: number): NodeJS.WriteStream | null {
  return fd === 1 ? process.stdout : fd === 2 ? process.stderr : null;
}
