import { execFile, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const NEEDED = ['/usr/bin/containerd', '/usr/bin/ctr', '/usr/sbin/runc', '/bin/busybox'];
const TRIES = 300;

/** Why no containerd can be run here; null when it can. */
export function noContainerd() {
  if (process.getuid() !== 0) return 'containerd needs root';
  const missing = NEEDED.filter((path) => !existsSync(path));
  return missing.length > 0 ? `missing: ${missing.join(', ')} (packages containerd, runc, busybox-static)` : null;
}

/** A real containerd of the bench's own, on a socket and directories below `parent`. */
export async function startContainerd(parent) {
  const directory = mkdtempSync(join(parent, 'ctd-'));
  const socket = join(directory, 'c.sock');
  const rootfs = join(directory, 'rootfs');
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  writeFileSync(join(directory, 'config.toml'), config(directory, socket));
  const ctr = async (...args) => (await execute('/usr/bin/ctr', ['-a', socket, '-n', 'k8s.io', ...args])).stdout;
  const daemon = spawn('/usr/bin/containerd', ['-c', join(directory, 'config.toml'), '--log-level', 'error'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  for (let tries = 0; !/\btasks\s.*ok/.test(await ctr('plugins', 'ls').catch(() => '')); tries += 1) {
    if (tries > TRIES) throw new Error('containerd did not start');
    await sleep(50);
  }
  return {
    socket,
    run: (id, args, limitBytes) => ctr('run', '-d', ...(limitBytes ? ['--memory-limit', String(limitBytes)] : []), '--rootfs', rootfs, id, ...args),
    async remove(id) {
      // "task rm" says that the exit code was not 0; that is no failure here.
      await ctr('task', 'rm', '-f', id).catch(() => undefined);
      await ctr('containers', 'rm', id).catch(() => undefined);
    },
    /** Calls back with the wall time (ms since 1970) at which a task's exit event came, until it is stopped. */
    events(onExit) {
      const reader = spawn('/usr/bin/ctr', ['-a', socket, 'events'], { stdio: ['ignore', 'pipe', 'ignore'] });
      let rest = '';
      reader.stdout.on('data', (data) => {
        const now = performance.timeOrigin + performance.now();
        const lines = (rest + data).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          const body = /\/tasks\/exit (\{.*\})/.exec(line)?.[1];
          if (body) onExit(JSON.parse(body), now);
        }
      });
      return () => reader.kill();
    },
    async stop() {
      for (const id of (await ctr('tasks', 'ls', '-q').catch(() => '')).split('\n').filter(Boolean)) await this.remove(id);
      daemon.kill('SIGTERM');
      await ended;
      await unmountBelow(directory);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const config = (directory, socket) => `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
`;

async function unmountBelow(directory) {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.reverse()) await execute('umount', ['-l', path]).catch(() => undefined);
}
