import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TIME = '/usr/bin/time';

/** What a run of a program with all that it waited for took. `cpu` and `wall` in seconds, `rss` (peak) in MiB. */
export async function measure(dir, command, args, { stdout = null, stdin = null, env = {} } = {}) {
  if (!existsSync(TIME)) throw new Error(`${TIME} is missing: install the package time`);
  const told = join(dir, 'time.txt');
  const input = stdin === null ? 'ignore' : openSync(stdin, 'r');
  const output = stdout === null ? 'ignore' : openSync(stdout, 'w');
  const begun = performance.now();
  const { code, stderr } = await ended(
    spawn(TIME, ['-q', '-f', '%U %S %M', '-o', told, command, ...args], { stdio: [input, output, 'pipe'], env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...env } }),
  );
  const wall = (performance.now() - begun) / 1_000;
  for (const file of [input, output]) if (typeof file === 'number') closeSync(file);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${stderr.trim()}`);
  const [user, system, rssKiB] = readFileSync(told, 'utf8').trim().split(/\s+/).map(Number);
  return { cpu: user + system, wall, rss: rssKiB / 1024, stderr };
}

function ended(child) {
  return new Promise((resolve, reject) => {
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += data));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

/** Runs A and B in turn (A B A B …), so that a machine's moods meet both. */
export async function inTurn(times, a, b) {
  const pairs = [];
  for (let at = 0; at < times; at += 1) pairs.push([await a(), await b()]);
  return pairs;
}

export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** The median of the pairs' own ratios: A over B of one measure. */
export const ratio = (pairs, what) => median(pairs.map(([a, b]) => a[what] / b[what]));
