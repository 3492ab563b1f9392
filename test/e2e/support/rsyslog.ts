import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sayUntil } from './until.ts';

const DAEMON = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].find((path) => existsSync(path));

const SAY_AGAIN_MS = 500;

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
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  // The kernel hands each record to one reader of /proc/kmsg: a record of our own shows that this one reads.
  const marker = `rsyslogd ${String(child.pid)} reads the kernel log`;
  let said = 0;
  const reads = (): boolean => {
    if (!running) throw new Error('rsyslogd ended at once');
    if (Date.now() - said > SAY_AGAIN_MS) {
      said = Date.now();
      appendFileSync('/dev/kmsg', `<13>${marker}\n`);
    }
    return existsSync(logFile) && readFileSync(logFile, 'utf8').includes(marker);
  };
  await sayUntil(`${marker} (is there another one?)`, reads).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { reopen: () => child.kill('SIGHUP'), stop };
}
