import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sayUntil } from './until.ts';

const DAEMON = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].find((path) => existsSync(path));

/** Why a test that needs rsyslog cannot run here; null: it can. */
export function noRsyslog(): string | null {
  if (process.getuid?.() !== 0) return 'rsyslogd can read the kernel log as root only';
  return DAEMON === undefined ? 'rsyslog is not installed' : null;
}

export interface Rsyslog {
  /** Has it open its log file anew, as logrotate does after a rename. */
  reopen(): void;
  stop(): Promise<void>;
}

/**
 * Starts a private rsyslogd that writes the kernel's messages into `logFile` in the traditional format of a node's
 * /var/log/syslog, and resolves when it reads them. Its files are in a directory of its own; nothing of the machine's
 * rsyslog is touched.
 */
export async function startRsyslog({ logFile }: { readonly logFile: string }): Promise<Rsyslog> {
  if (DAEMON === undefined) throw new Error('rsyslog is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'w137-rsyslog-'));
  const conf = join(dir, 'rsyslog.conf');
  const pid = join(dir, 'pid');
  writeFileSync(
    conf,
    `global(workDirectory="${dir}")
module(load="imklog" permitnonkernelfacility="on")
module(load="builtin:omfile" template="RSYSLOG_TraditionalFileFormat" fileCreateMode="0640")
*.* action(type="omfile" file="${logFile}")
`,
  );
  const child = spawn(DAEMON, ['-n', '-f', conf, '-i', pid], { stdio: 'ignore' });
  let running = true;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      running = false;
      resolve();
    }),
  );
  await sayUntil('rsyslogd reads the kernel log', () => {
    if (!running) throw new Error('rsyslogd ended at once: is another one reading the kernel log?');
    return existsSync(logFile);
  });
  return {
    reopen: () => child.kill('SIGHUP'),
    async stop() {
      child.kill();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
