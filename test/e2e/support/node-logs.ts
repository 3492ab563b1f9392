import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const REMOTE = '/usr/lib/systemd/systemd-journal-remote';
/** All that a run rotates: what a log no longer holds is no loss of the agent's. */
const KEPT = 1_000;

export function noJournalRemote(): string | null {
  return existsSync(REMOTE) ? null : 'missing: systemd-journal-remote';
}

/** A node's kernel log as its own programs keep it: journal files (by systemd's own writer), and a text log with rotation. */
export class NodeLogs {
  readonly journalDir: string;
  readonly text: string;
  readonly counts = { rotations: 0, copytruncates: 0, journalFiles: 0 };
  #remote: ChildProcess | null = null;
  #waiting: string[] = [];
  #sequence = 0;

  constructor(root: string) {
    this.journalDir = join(root, 'journal');
    this.text = join(root, 'var/log/syslog');
    mkdirSync(this.journalDir, { recursive: true });
    mkdirSync(join(root, 'var/log'), { recursive: true });
    writeFileSync(this.text, '');
    this.#open();
    // A node that has been up for a while: of a moment just after the oldest record nothing is certain.
    this.toJournal(['Linux version 6.1.0'], Date.now() - 3_600_000);
  }

  toJournal(lines: readonly string[], ms = Date.now()): void {
    const us = ms * 1_000;
    const records = lines.map((line, index) => {
      const monotonic = Math.round(process.uptime() * 1e6) + 1e9 + index;
      const fields = { __REALTIME_TIMESTAMP: us + index, __MONOTONIC_TIMESTAMP: monotonic, _BOOT_ID: 'b0071d00b0071d00b0071d00b0071d00', _TRANSPORT: 'kernel', _HOSTNAME: 'node1', PRIORITY: 3, SYSLOG_FACILITY: 0, SYSLOG_IDENTIFIER: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: monotonic, MESSAGE: line };
      return `${Object.entries(fields).map(([key, value]) => `${key}=${String(value)}\n`).join('')}\n`;
    });
    if (this.#remote === null) this.#waiting.push(...records);
    else this.#remote.stdin?.write(records.join(''));
  }

  toText(lines: readonly string[]): void {
    const stamp = new Date().toISOString().replace('Z', '000+00:00');
    appendFileSync(this.text, lines.map((line) => `${stamp} node1 kernel: ${line}\n`).join(''));
  }

  /** As logrotate does by default: renamed, and a new file made. */
  rotate(): void {
    this.#shift();
    renameSync(this.text, `${this.text}.1`);
    writeFileSync(this.text, '');
    this.counts.rotations += 1;
  }

  /** As logrotate's copytruncate does, with nobody writing in between. */
  copytruncate(): void {
    this.#shift();
    copyFileSync(this.text, `${this.text}.1`);
    truncateSync(this.text);
    this.counts.copytruncates += 1;
  }

  /** journald's way: the file gets its archived name, and another is begun. */
  async rotateJournal(): Promise<void> {
    await this.#close();
    this.#sequence += 1;
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
    const name = `system@${hex(0xabcdef, 32)}-${hex(this.#sequence, 16)}-${hex(Date.now() * 1_000, 16)}.journal`;
    renameSync(join(this.journalDir, 'system.journal'), join(this.journalDir, name));
    this.#open();
    this.counts.journalFiles += 1;
  }

  async close(): Promise<void> {
    await this.#close();
  }

  #open(): void {
    this.#remote = spawn(REMOTE, [`--output=${join(this.journalDir, 'system.journal')}`, '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
    this.#remote.stdin?.write(this.#waiting.join(''));
    this.#waiting = [];
  }

  async #close(): Promise<void> {
    const remote = this.#remote;
    this.#remote = null;
    if (remote === null) return;
    const gone = new Promise((resolve) => remote.once('exit', resolve));
    remote.stdin?.end();
    await gone;
  }

  #shift(): void {
    rmSync(`${this.text}.${String(KEPT)}`, { force: true });
    for (let n = KEPT - 1; n >= 1; n -= 1) if (existsSync(`${this.text}.${String(n)}`)) renameSync(`${this.text}.${String(n)}`, `${this.text}.${String(n + 1)}`);
  }
}
