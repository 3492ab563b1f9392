import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const DAEMON = ['/lib/systemd/systemd-journald', '/usr/lib/systemd/systemd-journald'].find((path) => existsSync(path));
const SOCKET = '/run/systemd/journal/stdout';
const TRIES = 300;

/** Why no journald can be used here; null when one can. */
export function noJournald() {
  if (process.getuid() !== 0) return 'journald can be started by root only';
  return DAEMON === undefined ? 'systemd-journald is not installed' : null;
}

/** Uses the journald that runs, or starts one and gives back how to end that one. */
export async function ensureJournald() {
  if (await answers()) return { stop: async () => undefined };
  for (const dir of ['/run/systemd/journal', '/run/log/journal']) mkdirSync(dir, { recursive: true });
  const daemon = spawn(DAEMON, [], { stdio: 'ignore' });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  for (let tries = 0; !(await answers()); tries += 1) {
    if (tries > TRIES) throw new Error('systemd-journald did not start');
    await sleep(50);
  }
  return {
    async stop() {
      daemon.kill();
      await ended;
    },
  };
}

function answers() {
  return new Promise((resolve) => {
    const socket = createConnection(SOCKET);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
