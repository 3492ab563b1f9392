import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemHost } from '../../src/host/system-host.ts';
import type { EarlierRun } from '../../src/sources/text-file/text-file-options.ts';
import { textFileSource } from '../../src/sources/text-file/text-file-source.ts';

const FILE = '/var/log/syslog';
const FILES = 60;
/** No more than these, so that a slow machine comes to an end. */
const ROTATIONS = 100;
const STARTS = 15;

/** Writes lines 1, 2, 3 … and rotates in both ways, as fast as it can, until it is told to stop; then says how many. */
const WRITER = `
const { appendFileSync, copyFileSync, existsSync, renameSync, truncateSync, writeFileSync } = require('node:fs');
const { parentPort, workerData: { log, files, rotations } } = require('node:worker_threads');
for (let n = files; n >= 1; n -= 1) writeFileSync(log + '.' + n, 'old ' + n + '\\n');
writeFileSync(log, '');
let line = 0;
let kept = files;
let over = false;
function shift() {
  for (let n = kept; n >= 1; n -= 1) if (existsSync(log + '.' + n)) renameSync(log + '.' + n, log + '.' + (n + 1));
  kept += 1;
}
function turn() {
  for (let n = 0; n < 3; n += 1) appendFileSync(log, 'line ' + String(line += 1) + '\\n');
  const dice = kept - files < rotations ? Math.random() : 1;
  if (dice < 0.05) { shift(); renameSync(log, log + '.1'); writeFileSync(log, ''); }
  else if (dice < 0.1) { shift(); copyFileSync(log, log + '.1'); truncateSync(log); }
  if (over) parentPort.postMessage(line);
  else setTimeout(turn, 8);
}
parentPort.on('message', () => { over = true; });
parentPort.postMessage(0);
turn();
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'w137-rotated-'));
  mkdirSync(join(root, 'var/log'), { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

it('loses no line, however often it is begun anew while the log is rotated and copied', async () => {
  const seen = new Set<number>();
  let read: EarlierRun | null = null;
  let coveredTo: number | null = null;
  async function run(ms: number | null, whole: number | null): Promise<void> {
    let rest = '';
    let position = read?.position ?? null;
    const source = textFileSource({ host: systemHost(root), file: FILE, read, onPosition: (next) => (position = next), lookbackBytes: 1_000_000 });
    await source.start((event) => {
      if (event.type === 'text') {
        const lines = ((event.begin ? '' : rest) + Buffer.from(event.chunk).toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('line ')) seen.add(Number(line.slice(5)));
      } else if (event.type === 'covered') coveredTo = event.to;
    });
    if (ms !== null) await sleep(ms);
    else await expect.poll(() => [...Array(whole ?? 0).keys()].filter((n) => !seen.has(n + 1)), { timeout: 60_000 }).toEqual([]);
    await source.stop();
    read = position === null ? null : { position, coveredTo };
  }
  const writer = new Worker(WRITER, { eval: true, workerData: { log: join(root, FILE), files: FILES, rotations: ROTATIONS } });
  const told = (): Promise<number> => new Promise((resolve) => writer.once('message', resolve));
  await told();
  for (let start = 0; start < STARTS; start += 1) await run(20 + ((start * 7) % 60), null);
  const end = told();
  writer.postMessage('stop');
  const written = await end;
  await run(null, written);
  await writer.terminate();
}, 180_000);
