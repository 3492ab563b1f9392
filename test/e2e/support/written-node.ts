import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeContainerd } from '../../sources/containerd/fake-containerd.ts';
import { endAgents } from './real-agent.ts';

const REMOTE = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'].find((path) => existsSync(path));

/** Why no such node can be had here; null: it can. Printed where tests skip. */
export function whyNoWrittenNode(): string | null {
  const why = REMOTE === undefined ? 'systemd-journal-remote is not installed' : null;
  if (why !== null) console.log(`skipped: ${why}`);
  return why;
}

/**
 * A node whose every word the test writes, so that it may be as fast as no machine is: a real journal file, written live
 * and followed by the real journalctl; containerd's API; the kernel's count of kills.
 */
export interface WrittenNode {
  /** Where the node's root is; `proc/vmstat` and `journal` are below. */
  readonly root: string;
  readonly containerd: FakeContainerd;
  readonly agentArgs: readonly string[];
  /** The kernel says these lines now. */
  kernel(lines: readonly string[]): void;
  /** The kernel has killed so many since it booted. */
  counted(kills: number): void;
  /** A container's process ends. */
  exit(id: string, pid: number, exitStatus?: number): void;
  stop(): Promise<void>;
}

export async function startWrittenNode(): Promise<WrittenNode> {
  if (REMOTE === undefined) throw new Error('systemd-journal-remote is not installed');
  const root = mkdtempSync(join(tmpdir(), 'w137-written-'));
  mkdirSync(join(root, 'journal'));
  mkdirSync(join(root, 'proc'));
  const remote = spawn(REMOTE, ['-o', join(root, 'journal/system.journal'), '--compress=yes', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => remote.once('exit', resolve));
  const containerd = await FakeContainerd.start(join(root, 'c.sock'));
  const begun = Date.now();

  function kernel(lines: readonly string[]): void {
    const nowUs = Date.now() * 1_000;
    const monotonicUs = nowUs - begun * 1_000 + 60_000_000;
    for (const line of lines) {
      remote.stdin.write(
        `__REALTIME_TIMESTAMP=${String(nowUs)}\n__MONOTONIC_TIMESTAMP=${String(monotonicUs)}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_SOURCE_MONOTONIC_TIMESTAMP=${String(monotonicUs - 300)}\n` +
          `_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\nPRIORITY=3\n_MACHINE_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=node1\nMESSAGE=${line}\n\n`,
      );
    }
  }
  function counted(kills: number): void {
    // As a whole or not at all, as /proc gives it.
    writeFileSync(join(root, 'proc/vmstat.new'), `pgfault 1\noom_kill ${String(kills)}\n`);
    renameSync(join(root, 'proc/vmstat.new'), join(root, 'proc/vmstat'));
  }
  counted(0);
  kernel(['Linux version 6.12.0']);

  return {
    root,
    containerd,
    agentArgs: ['--root', root, '--runtime-endpoint', 'unix:///c.sock', '--journal-dir', '/journal', '--kernel-log-file', 'none', '--kmsg', 'off'],
    kernel,
    counted,
    exit(id, pid, exitStatus = 137) {
      const nowMs = Date.now();
      const exitedAt = { seconds: String(Math.floor(nowMs / 1_000)), nanos: (nowMs % 1_000) * 1_000_000 };
      containerd.publish('k8s.io', '/tasks/exit', 'TaskExit', { containerId: id, id, pid, exitStatus, exitedAt });
    },
    async stop() {
      await endAgents();
      containerd.down();
      remote.stdin.end();
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}
