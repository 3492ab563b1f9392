import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { sayUntil } from './until.ts';

const DAEMON = ['/lib/systemd/systemd-journald', '/usr/lib/systemd/systemd-journald'].find((path) => existsSync(path));
const STDOUT_SOCKET = '/run/systemd/journal/stdout';

/** Why a test that needs a running journald cannot run here; null: it can. */
export function noJournald(): string | null {
  if (process.getuid?.() !== 0) return 'journald can be started by root only';
  return DAEMON === undefined ? 'systemd-journald is not installed' : null;
}

export interface Journald {
  /** Whether this call started it (and `stop` will end it). */
  readonly started: boolean;
  stop(): Promise<void>;
}

/** Sees that a journald runs: uses the one that does, or starts one by hand and stops that one only. */
export async function ensureJournald(): Promise<Journald> {
  if (await answers()) return { started: false, stop: () => Promise.resolve() };
  if (DAEMON === undefined) throw new Error('systemd-journald is not installed');
  mkdirSync('/run/systemd/journal', { recursive: true });
  mkdirSync('/run/log/journal', { recursive: true });
  const child = spawn(DAEMON, [], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => { resolve(); }));
  await sayUntil('journald answers', answers);
  return {
    started: true,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** A socket file may be left over from a journald that is gone: only a connection proves that one listens. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(STDOUT_SOCKET);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
