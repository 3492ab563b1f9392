import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sayUntil } from './until.ts';

const execute = promisify(execFile);
export type EngineName = 'docker' | 'podman' | 'rootless podman';
const IMAGE = 'localhost/why137.test/busybox:1';
/** Whose the rootless engine is: somebody without any right, and without ids beside the own one. */
const NOBODY = 65_534;

/** A real dockerd or podman of the test's own. */
export interface Engine {
  readonly socket: string;
  /** Runs its own client. */
  cli(...args: readonly string[]): Promise<string>;
  /** What its service has logged, the last of it. */
  log(): string;
  /** Starts a container, detached; gives its id. */
  run(options: readonly string[], command: readonly string[]): Promise<string>;
  pid(id: string): Promise<number>;
  startService(): Promise<void>;
  stopService(): Promise<void>;
  stop(): Promise<void>;
}

const NEEDS: Readonly<Record<EngineName, readonly string[]>> = {
  docker: ['/usr/sbin/dockerd', '/usr/bin/docker', '/usr/bin/containerd', '/usr/sbin/runc', '/bin/busybox'],
  podman: ['/usr/bin/podman', '/usr/bin/conmon', '/usr/sbin/runc', '/bin/busybox'],
  'rootless podman': ['/usr/bin/podman', '/usr/bin/conmon', '/usr/sbin/runc', '/bin/busybox', '/usr/bin/newuidmap'],
};

/** Why this engine cannot be run here; null when it can. */
export function whyNoEngine(name: EngineName): string | null {
  if (process.getuid?.() !== 0) return `${name} needs root`;
  const missing = NEEDS[name].filter((path) => !existsSync(path));
  return missing.length > 0 ? `missing: ${missing.join(', ')} (packages docker.io, podman, uidmap, busybox-static)` : null;
}

export async function startEngine(name: EngineName): Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), 'w137-eng-'));
  const socket = join(directory, 'e.sock');
  const data = join(directory, 'data');
  const run = join(directory, 'run');
  const root = join(directory, 'rootfs');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  const isRootless = name === 'rootless podman';
  const user = isRootless ? { uid: NOBODY, gid: NOBODY, cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: directory, XDG_RUNTIME_DIR: directory } } : {};
  if (isRootless) chownSync(directory, NOBODY, NOBODY);
  const podman = ['--root', data, '--runroot', run, '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--tmpdir', join(directory, 'tmp')];
  const dockerd = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs', '--data-root', data, '--exec-root', run, '-p', join(directory, 'pid'), '-H', `unix://${socket}`, '--log-level', 'info', '--containerd-namespace', 'w137', '--containerd-plugins-namespace', 'w137-plugins'];
  const service: readonly string[] = name === 'docker' ? ['/usr/sbin/dockerd', ...dockerd] : ['/usr/bin/podman', ...podman, 'system', 'service', '--time', '0', `unix://${socket}`];
  let daemon: ChildProcess | null = null;
  let said = '';
  const cli = async (...args: readonly string[]): Promise<string> => {
    const client = name === 'docker' ? ['/usr/bin/docker', '-H', `unix://${socket}`] : isRootless ? ['/usr/bin/podman', '--remote', '--url', `unix://${socket}`] : ['/usr/bin/podman', ...podman];
    const [command = '', ...own] = client;
    return (await execute(command, [...own, ...args], user)).stdout.trim();
  };
  async function startService(): Promise<void> {
    const [command = '', ...args] = service;
    const child = spawn(command, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
    daemon = child;
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-200_000);
    });
    await sayUntil(`${name} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} did not start: ${said.slice(-2_000)}`);
      return existsSync(socket) && (await execute('curl', ['-sf', '--unix-socket', socket, 'http://localhost/_ping']).then(() => true, () => false));
    });
  }
  async function stopService(): Promise<void> {
    const child = daemon;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  await startService();
  await execute('tar', ['--owner=0', '--group=0', '-C', root, '-cf', join(directory, 'image.tar'), '.']);
  await cli('import', join(directory, 'image.tar'), IMAGE);
  return {
    socket,
    cli,
    log: () => said,
    startService,
    stopService,
    async run(options, command) {
      const limits = name !== 'docker' ? ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'] : [];
      return cli('run', '-d', '--network', 'none', ...limits, ...options, IMAGE, ...command);
    },
    pid: async (id) => Number(await cli('inspect', '-f', '{{.State.Pid}}', id)),
    async stop() {
      const ids = (await cli('ps', '-aq').catch(() => '')).split('\n').filter(Boolean);
      if (ids.length > 0) await cli('rm', '-f', ...ids).catch(() => undefined);
      await stopService();
      // A process that holds the user's namespaces.
      if (isRootless) await execute('/usr/bin/podman', [...podman, 'system', 'migrate'], user).catch(() => undefined);
      const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${directory}/`));
      for (const path of mounts.reverse()) await execute('umount', ['-l', path]).catch(() => undefined);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
