import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import * as z from 'zod/mini';
import { cache } from './cache.ts';
import { bootFile, type Kernel } from './kernels.ts';
import { until } from './wait.ts';

/** As many as this machine can spare: one that has to share them with another loses more than it gains by a second. */
const CPUS = process.env['WHY137_LAB_CPUS'] ?? '2';
/** Memory of its two NUMA nodes, MiB: all processors are at the first, so that the second is taken when that is full. */
const NUMA_MIB = [2_560, 512] as const;

/** `image`: the digest of the agent's image that is on its disk. */
const stateSchema = z.object({ pid: z.int(), sshPort: z.int(), apiPort: z.int(), image: z.optional(z.string()) });

/** A machine that runs under emulation, reached by ssh and by the port of its API server. */
export class Guest {
  readonly kernel: Kernel;
  readonly apiPort: number;
  readonly #pid: number;
  readonly #sshPort: number;
  /** Where its runs leave what they found. */
  readonly dir: string;

  private constructor(kernel: Kernel, dir: string, { pid, sshPort, apiPort }: z.infer<typeof stateSchema>) {
    this.kernel = kernel;
    this.apiPort = apiPort;
    this.#pid = pid;
    this.#sshPort = sshPort;
    this.dir = dir;
  }

  /** Boots a guest whose disk forgets everything at its end, or takes the one that was left running with this very image (WHY137_LAB_KEEP). */
  static async start(kernel: Kernel, image: string): Promise<Guest> {
    const dir = join(cache, `run-${kernel.name}`);
    mkdirSync(dir, { recursive: true });
    claim(join(dir, 'lab.pid'));
    const stateFile = join(dir, 'guest.json');
    if (existsSync(stateFile)) {
      const state = stateSchema.parse(JSON.parse(readFileSync(stateFile, 'utf8')));
      if (isRunning(state.pid) && state.image === image) return new Guest(kernel, dir, state);
      await killed(state.pid);
    }
    const [sshPort, apiPort] = [await freePort(), await freePort()];
    const serial = join(dir, 'serial.log');
    const log = openSync(join(dir, 'qemu.log'), 'w');
    const args = [
      ...['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'Haswell-noTSX-IBRS', '-m', String(NUMA_MIB[0] + NUMA_MIB[1]), '-smp', CPUS, '-display', 'none', '-monitor', 'none', '-serial', `file:${serial}`],
      ...NUMA_MIB.flatMap((mib, at) => ['-object', `memory-backend-ram,id=memory${at},size=${mib}M`, '-numa', `node,nodeid=${at},memdev=memory${at}${at === 0 ? `,cpus=0-${Number(CPUS) - 1}` : ''}`]),
      ...['-kernel', bootFile('vmlinuz', kernel), '-initrd', bootFile('initrd.img', kernel)],
      // Page table isolation empties the emulator's translation cache at every system call.
      ...['-append', `root=/dev/vda rw console=ttyS0 quiet log_buf_len=16M net.ifnames=0 mitigations=off nowatchdog ${kernel.append}`],
      ...['-drive', `file=${join(cache, 'disk.img')},if=virtio,format=raw,snapshot=on`],
      ...['-netdev', `user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22,hostfwd=tcp:127.0.0.1:${apiPort}-:443`, '-device', 'virtio-net-pci,netdev=n', '-device', 'virtio-rng-pci'],
    ];
    const qemu = spawn('qemu-system-x86_64', args, { detached: true, stdio: ['ignore', log, log] });
    qemu.unref();
    if (qemu.pid === undefined) throw new Error('qemu-system-x86_64 did not start; install the package qemu-system-x86 (10 or later, from backports on Debian 12).');
    const state = { pid: qemu.pid, sshPort, apiPort, image };
    preferred(qemu.pid);
    writeFileSync(stateFile, JSON.stringify(state));
    const guest = new Guest(kernel, dir, state);
    await until('ssh of the guest', 600_000, async () => {
      if (!isRunning(state.pid)) throw new Error(`The guest ended: see ${join(dir, 'qemu.log')} and ${serial}.`);
      return (await guest.sh('true', 20_000).catch(() => null)) !== null;
    });
    return guest;
  }

  /** Runs a line of shell in the guest; gives what it printed. */
  async sh(line: string, timeoutMs = 300_000): Promise<string> {
    const { stdout } = await execa('ssh', [...this.#ssh(), 'root@127.0.0.1', line], { timeout: timeoutMs, maxBuffer: 512 * 1024 * 1024 });
    return stdout;
  }

  /** Shuts it down as a person would, who tells logind; it boots again by itself, and its disk keeps what it has. */
  async reboot(): Promise<void> {
    const bootId = await this.sh('cat /proc/sys/kernel/random/boot_id');
    await this.sh('systemctl reboot');
    await until('the guest to have booted anew', 900_000, async () => {
      // The connection that is kept is with a machine that is no more.
      await execa('ssh', [...this.#ssh(), '-O', 'exit', 'root@127.0.0.1'], { reject: false });
      const now = await this.sh('cat /proc/sys/kernel/random/boot_id', 20_000).catch(() => bootId);
      return now !== bootId;
    });
  }

  async stop(): Promise<void> {
    if (process.env['WHY137_LAB_KEEP'] !== undefined) return;
    await killed(this.#pid);
    rmSync(join(this.dir, 'guest.json'));
  }

  #ssh(): string[] {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=15', 'ControlMaster=auto', 'ControlPersist=300', `ControlPath=${this.dir}/ssh`];
    return ['-i', join(cache, 'keys/ssh'), '-p', String(this.#sshPort), ...options.flatMap((option) => ['-o', option])];
  }
}

/** One run at a time in a guest: one that was told to end still deletes its pods, whoever's they are by then. */
function claim(file: string): void {
  const holder = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const command = `/proc/${holder}/cmdline`;
  // A pid may be another's by now.
  if (holder !== '' && holder !== String(process.pid) && existsSync(command) && readFileSync(command, 'utf8').includes('vitest')) {
    throw new Error(`A run of the lab (process ${holder}) is still in this guest: wait for its end, or end it, and run this again.`);
  }
  writeFileSync(file, String(process.pid));
}

/** Time matters in the guest: it goes before what else this machine does, where its scheduler knows sessions. */
function preferred(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '-8');
  } catch {
    // Without autogroups it is one of all.
  }
}

async function killed(pid: number): Promise<void> {
  if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  await until('end of the guest', 30_000, () => Promise.resolve(!isRunning(pid)));
}

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('qemu');
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}
