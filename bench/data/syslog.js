import { closeSync, openSync, writeSync } from 'node:fs';
import { random } from './random.js';
import { report } from './reports.js';
import { syslogNoise } from './noise.js';

const PIECE_CHARACTERS = 1024 * 1024;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Writes an RFC 3164 syslog of at least so many bytes, with one whole kill report every `linesPerKill` lines.
 * @returns {{bytes: number, lines: number, pids: number[]}} what it holds
 */
export function writeSyslog(path, { bytes, linesPerKill, seed = 1 }) {
  const rng = random(seed);
  const file = openSync(path, 'w');
  const pids = [];
  let written = 0;
  let lines = 0;
  let reports = 0;
  let piece = '';
  let second = 0;
  let stamp = '';
  while (written + piece.length < bytes) {
    if (lines % 40 === 0) stamp = at((second += 1));
    piece += `${stamp} node1 ${syslogNoise(rng)}\n`;
    lines += 1;
    if (lines % linesPerKill === Math.floor(linesPerKill / 2)) {
      const made = report(rng, reports);
      reports += 1;
      pids.push(...new Set(made.pids));
      for (const line of made.lines) piece += `${stamp} node1 kernel: [${String(second)}.000000] ${line}\n`;
      lines += made.lines.length;
    }
    if (piece.length >= PIECE_CHARACTERS) {
      written += writeSync(file, piece, null, 'latin1');
      piece = '';
    }
  }
  written += writeSync(file, piece, null, 'latin1');
  closeSync(file);
  return { bytes: written, lines, pids };
}

function at(second) {
  const time = new Date(Date.UTC(2026, 5, 1) + second * 1_000);
  return `${MONTHS[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 19)}`;
}
