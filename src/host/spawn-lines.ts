import { closeSync, openSync } from 'node:fs';
import type { LineProcess } from './host.ts';
import { splitLines } from './split-lines.ts';
import { Turns } from './turns.ts';

/** Longer than any line that is of use; the agent must live in little memory. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const STDERR_BYTES = 8 * 1024;
/** A process that does not go when asked to is killed after so long. */
const KILL_AFTER_MS = 2_000;

/** What a child's pipes take, and some. */
const DESCRIPTORS = 12;
/** Said in place of the command's own words when it could not be started for want of file descriptors. */
export const NO_ROOM = 'EMFILE: no file descriptor is left';

/** Without descriptors Node cannot make the pipes, and what it throws then nobody could catch. */
function hasRoom(): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/**
 * Starts a command (through execa) and hands over its standard output line by line. The process waits while nobody
 * takes the lines. A command that does not exist is told by `ended`, not thrown.
 */
export function spawnLines(
  command: string,
  args: readonly string[],
  maxLineBytes = MAX_LINE_BYTES,
): LineProcess {
  let cutLines = 0;
  let stopped = false;
  let stderr = Buffer.alloc(0);
  const started = start();

  async function start() {
    // Loaded where it is used: an agent without a journal never pays for it.
    const { execa } = await import('execa');
    if (!hasRoom()) return null;
    const child = execa(command, args, {
      buffer: false,
      encoding: 'buffer',
      reject: false,
      stdin: 'ignore',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      forceKillAfterDelay: KILL_AFTER_MS,
    });
    // A stream that nobody has begun to read would be drained and lost; a paused one waits for its reader.
    child.stdout.pause();
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = Buffer.concat([stderr, chunk]).subarray(-STDERR_BYTES);
    });
    if (stopped) child.kill();
    return { child, result: child.then((result) => result) };
  }

  async function* lines(): AsyncGenerator<Uint8Array, void> {
    const child = (await started)?.child;
    if (child === undefined) return;
    const turns = new Turns();
    const split = splitLines(child.stdout, maxLineBytes, () => {
      cutLines += 1;
    });
    try {
      for await (const line of split) {
        yield line;
        await turns.next();
      }
    } catch {
      // The pipe broke because the process was killed: `ended` tells how.
    }
  }

  async function end() {
    const result = (await started)?.result;
    if (result === undefined) return { exitCode: null, stderr: NO_ROOM, notFound: false };
    const { exitCode, code } = await result;
    const note = cutLines > 0 ? `\n${String(cutLines)} line(s) longer than ${String(maxLineBytes)} bytes were cut` : '';
    return { exitCode: exitCode ?? null, stderr: stderr.toString('utf8') + note, notFound: code === 'ENOENT' };
  }

  return {
    lines: lines(),
    ended: end(),
    stop() {
      stopped = true;
      void started.then((found) => {
        if (found === null) return;
        const { child } = found;
        child.kill();
        // What is left in the pipe is not wanted any more, and would keep the process from being seen to end.
        child.stdout.destroy();
      });
    },
  };
}
