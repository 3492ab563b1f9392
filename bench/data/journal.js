import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { random } from './random.js';
import { report } from './reports.js';
import { kernelNoise } from './noise.js';

const REMOTE = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'].find((path) => existsSync(path));
const STEP_US = 250_000;
const READ_AFTER_US = 300;
const PIECE_CHARACTERS = 1024 * 1024;

/** Why no journal can be built here; null when it can. */
export function noJournalRemote() {
  return REMOTE === undefined ? 'systemd-journal-remote is not installed' : null;
}

/**
 * Builds a journal of so many kernel records, with whole kill reports spread over it, by way of journald's export
 * format (systemd.io/JOURNAL_EXPORT_FORMATS). It ends now and lasts some days.
 * @returns {Promise<{dir: string, records: number, pids: number[]}>}
 */
export async function writeJournal(parent, { records, reports: reportsWanted, seed = 2 }) {
  const dir = join(parent, 'journal');
  mkdirSync(dir);
  const remote = spawn(REMOTE, ['-o', join(dir, 'system.journal'), '--compress=yes', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  remote.stderr.on('data', (data) => (said += data));
  const ended = once(remote, 'close');
  const rng = random(seed);
  const boot = rng.hex(32);
  const begin = Date.now() * 1_000 - (records + 1) * STEP_US;
  const pids = [];
  const waiting = [];
  let reports = 0;
  let piece = '';
  for (let at = 0; at < records; at += 1) {
    if (waiting.length === 0 && at >= ((reports + 0.5) * records) / reportsWanted) {
      const made = report(rng, reports);
      reports += 1;
      waiting.push(...made.lines);
      pids.push(...new Set(made.pids));
    }
    // Other lines stand between a report's, as they do.
    const text = waiting.length > 0 && rng.below(20) > 0 ? waiting.shift() : kernelNoise(rng);
    piece += record(text, at, begin, boot);
    if (piece.length > PIECE_CHARACTERS) {
      if (!remote.stdin.write(piece)) await once(remote.stdin, 'drain');
      piece = '';
    }
  }
  remote.stdin.end(piece);
  const [code] = await ended;
  if (code !== 0) throw new Error(`systemd-journal-remote ended with ${String(code)}: ${said.trim()}`);
  return { dir, records, pids };
}

/** The fields that journald gives a kernel line. */
function record(text, at, begin, boot) {
  const realtime = begin + at * STEP_US;
  const monotonic = 5_000_000 + at * STEP_US;
  return `__REALTIME_TIMESTAMP=${realtime}
__MONOTONIC_TIMESTAMP=${monotonic}
_BOOT_ID=${boot}
_SOURCE_MONOTONIC_TIMESTAMP=${monotonic - READ_AFTER_US}
_TRANSPORT=kernel
SYSLOG_FACILITY=0
SYSLOG_IDENTIFIER=kernel
PRIORITY=${4 + (at % 3)}
_MACHINE_ID=0123456789abcdef0123456789abcdef
_HOSTNAME=node1
_RUNTIME_SCOPE=system
MESSAGE=${text}

`;
}
