import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sayUntil } from './until.ts';

const execute = promisify(execFile);
const [AUDITD, AUDITCTL] = ['/usr/sbin/auditd', '/usr/sbin/auditctl'];
const KEY = 'why137';

/** auditd with the rules of docs/audit.md, writing to a file of its own. */
export interface Auditd {
  readonly log: string;
  /** Takes the rules away, turns audit off and ends the daemon. */
  stop(): Promise<void>;
}

/** What the kernel's audit says of itself: `enabled 0`, `pid 0` … */
function status(): ReadonlyMap<string, string> {
  const text = execFileSync(AUDITCTL, ['-s'], { encoding: 'utf8' });
  return new Map(text.split('\n').map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
}

/** Why no auditd can be run here; null: it can. Audit is the whole machine's: one that is in use is left alone. */
export function whyNoAuditd(): string | null {
  if (process.getuid?.() !== 0) return 'auditd needs root';
  const missing = [AUDITD, AUDITCTL].filter((path) => !existsSync(path));
  if (missing.length > 0) return `missing: ${missing.join(', ')} (package auditd)`;
  try {
    const now = status();
    if (now.get('enabled') !== '0' || now.get('pid') !== '0') return `audit is in use on this machine (enabled ${String(now.get('enabled'))}, pid ${String(now.get('pid'))})`;
    if (!execFileSync(AUDITCTL, ['-l'], { encoding: 'utf8' }).startsWith('No rules')) return 'audit has rules on this machine';
  } catch (error) {
    return `the kernel has no audit, or not for this machine: ${String(error)}`;
  }
  return null;
}

/** The rules as docs/audit.md has people load them. */
function rules(): readonly string[] {
  const page = readFileSync(new URL('../../../docs/audit.md', import.meta.url), 'utf8');
  return page.split('\n').filter((line) => line.startsWith('-a always,exit '));
}

export async function startAuditd(): Promise<Auditd> {
  const directory = mkdtempSync(join(tmpdir(), 'w137-auditd-'));
  const log = join(directory, 'audit.log');
  mkdirSync(join(directory, 'plugins.d'));
  // As Debian's auditd.conf, but with files of its own.
  const settings = ['local_events = yes', 'write_logs = yes', `log_file = ${log}`, 'log_group = root', 'log_format = ENRICHED', 'flush = INCREMENTAL_ASYNC', 'freq = 50', 'max_log_file = 8', 'num_logs = 5', 'priority_boost = 0', 'name_format = NONE', 'max_log_file_action = ROTATE', 'space_left = 75', 'space_left_action = IGNORE', 'admin_space_left = 50', 'admin_space_left_action = IGNORE', 'disk_full_action = IGNORE', 'disk_error_action = IGNORE', 'distribute_network = no', `plugin_dir = ${join(directory, 'plugins.d')}`];
  writeFileSync(join(directory, 'auditd.conf'), `${settings.join('\n')}\n`, { mode: 0o640 });
  const child = spawn(AUDITD, ['-n', '-s', 'enable', '-c', directory], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => { resolve(); }));
  const stop = async (): Promise<void> => {
    await execute(AUDITCTL, ['-D', '-k', KEY]).catch(() => undefined);
    // Before the daemon ends: without one the kernel prints its records into its log.
    await execute(AUDITCTL, ['-e', '0']);
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await sayUntil('auditd is there', () => {
      if (child.exitCode !== null) throw new Error(`auditd ended: ${said}`);
      return existsSync(log) && status().get('pid') === String(child.pid);
    });
    for (const rule of rules()) await execute(AUDITCTL, rule.split(' '));
  } catch (error) {
    await stop();
    throw error;
  }
  return { log, stop };
}
