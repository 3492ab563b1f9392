import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RunOptions {
  /** containerd's namespace; default `k8s.io`. */
  readonly namespace?: string;
  readonly memoryLimitBytes?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** More arguments of `ctr run`. */
  readonly more?: readonly string[];
}

/** A real containerd of the test's own: its root, state and socket are in a new directory. */
export interface Containerd {
  readonly socket: string;
  readonly directory: string;
  /** Runs `ctr` against it and gives its standard output; rejects with its standard error. */
  ctr(args: readonly string[]): Promise<string>;
  /** Starts a container, detached, on a root with nothing but /bin/busybox. */
  run(id: string, args: readonly string[], options?: RunOptions): Promise<void>;
  /** PID 1 of a running container, as the host numbers it. */
  pid(id: string, namespace?: string): Promise<number>;
  /** Kills containerd (not its containers) and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same directories. */
  start(): Promise<void>;
  /** Ends every container and the daemon, and removes the directory. */
  stop(): Promise<void>;
}

/** Why no containerd can be run here; null when it can. Print it and skip. */
export function whyNoContainerd(): string | null {
  if (process.getuid?.() !== 0) return 'containerd needs root';
  const missing = ['/usr/bin/containerd', '/usr/bin/ctr', '/usr/sbin/runc', '/bin/busybox'].filter((path) => !existsSync(path));
  return missing.length > 0 ? `missing: ${missing.join(', ')} (packages containerd, runc, busybox-static)` : null;
}

export interface ContainerdOptions {
  /** Where its own log goes, as rsyslog would write it: a time, a host, and `containerd[pid]: ` before each line. */
  readonly logFile?: string;
}

export async function startContainerd({ logFile }: ContainerdOptions = {}): Promise<Containerd> {
  const directory = mkdtempSync(join(tmpdir(), 'w137-ctd-'));
  const socket = join(directory, 'c.sock');
  const rootfs = join(directory, 'rootfs');
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  writeFileSync(join(directory, 'config.toml'), config(directory, socket));
  let daemon: ChildProcess | null = null;
  const foreign = new Set(parentCgroups());

  const ctr = async (args: readonly string[]): Promise<string> => (await execute('/usr/bin/ctr', ['-a', socket, ...args])).stdout;

  async function start(): Promise<void> {
    const child = spawn('/usr/bin/containerd', ['-c', join(directory, 'config.toml'), '--log-level', logFile === undefined ? 'error' : 'info'], { stdio: ['ignore', 'ignore', 'pipe'] });
    daemon = child;
    let said = '';
    let rest = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (logFile === undefined) return;
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) appendFileSync(logFile, `${new Date().toISOString()} node1 containerd[${String(child.pid)}]: ${line}\n`);
    });
    for (let tries = 0; ; tries += 1) {
      const plugins = await ctr(['plugins', 'ls']).catch(() => '');
      if (/io\.containerd\.grpc\.v1\s+tasks\s.*ok/.test(plugins)) return;
      if (tries > 300 || child.exitCode !== null) throw new Error(`containerd did not start: ${said}`);
      await sleep(50);
    }
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = daemon;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async function removeContainers(): Promise<void> {
    const namespaces = (await ctr(['namespaces', 'ls', '-q'])).split('\n').filter(Boolean);
    for (const namespace of namespaces) {
      const list = async (what: string) => (await ctr(['-n', namespace, what, 'ls', '-q'])).split('\n').filter(Boolean);
      // "task rm" says that the exit code was not 0; that is no failure here.
      for (const id of await list('tasks')) await ctr(['-n', namespace, 'tasks', 'rm', '-f', id]).catch(() => undefined);
      for (const id of await list('containers')) await ctr(['-n', namespace, 'containers', 'rm', id]).catch(() => undefined);
    }
  }

  await start();
  return {
    socket,
    directory,
    ctr,
    start,
    kill: () => kill(),
    async run(id, args, { namespace = 'k8s.io', memoryLimitBytes, labels = {}, more = [] } = {}) {
      const limit = memoryLimitBytes === undefined ? [] : ['--memory-limit', String(memoryLimitBytes)];
      const marks = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
      await ctr(['-n', namespace, 'run', '-d', ...limit, ...marks, ...more, '--rootfs', rootfs, id, ...args]);
    },
    async pid(id, namespace = 'k8s.io') {
      const line = (await ctr(['-n', namespace, 'tasks', 'ls'])).split('\n').find((row) => row.startsWith(`${id} `));
      return Number(/^\S+\s+(\d+)/.exec(line ?? '')?.[1]);
    },
    async stop() {
      await removeContainers().catch(() => undefined);
      await kill('SIGTERM');
      await unmountBelow(directory);
      for (const path of parentCgroups()) if (!foreign.has(path)) removeCgroup(path);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The CRI plugin needs no network for pods of the host's; `native` snapshots work on every file system. */
function config(directory: string, socket: string): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "why137.test/busybox:1"
  stream_server_port = "0"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
`;
}

/** The cgroups in which the tests' containers have theirs; runc leaves them behind. */
function parentCgroups(): string[] {
  const root = '/sys/fs/cgroup';
  const hierarchies = [root, ...readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))];
  return hierarchies.flatMap((path) => ['k8s.io', 'elsewhere', 'kubepods'].map((name) => join(path, name))).filter((path) => existsSync(path));
}

/** Removes a cgroup with those below it, as far as nobody is in them. */
function removeCgroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(join(path, entry.name));
    rmdirSync(path);
  } catch {
    // In use, or gone already.
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.reverse()) await execute('umount', ['-l', path]).catch(() => undefined);
}
