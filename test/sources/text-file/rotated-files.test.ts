import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openListed } from '../../../src/sources/text-file/log-file.ts';
import { rotatedFiles } from '../../../src/sources/text-file/rotated-files.ts';

const FILES = 100;

/** Renames all files by one number, as logrotate does, and back again; the rest in between is longer where all is slow. */
const ROTATER = `
const { renameSync } = require('node:fs');
const { parentPort, workerData: { log, files } } = require('node:worker_threads');
let up = true;
function shift() {
  const begun = performance.now();
  if (up) for (let n = files; n >= 1; n -= 1) renameSync(log + '.' + n, log + '.' + (n + 1));
  else for (let n = 1; n <= files; n += 1) renameSync(log + '.' + (n + 1), log + '.' + n);
  up = !up;
  parentPort.postMessage('shifted');
  setTimeout(shift, 60 + 20 * (performance.now() - begun));
}
shift();
`;

describe('rotated files', () => {
  let log: string;
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-listed-'));
    log = join(dir, 'syslog');
    for (let n = 1; n <= FILES; n += 1) writeFileSync(`${log}.${n}`, `file ${n}\n`);
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('are all listed while they are being renamed', async () => {
    const worker = new Worker(ROTATER, { eval: true, workerData: { log, files: FILES } });
    let shifts = 0;
    worker.on('message', () => (shifts += 1));
    const counts = new Set<number>();
    while (shifts < 30) {
      counts.add(new Set((await rotatedFiles(log)).map(({ inode }) => inode)).size);
      await sleep(1);
    }
    await worker.terminate();
    expect([...counts]).toEqual([FILES]);
  }, 30_000);

  it('are opened by what they are, not by the name that they were listed by', async () => {
    const listed = (await rotatedFiles(log)).find(({ path }) => path.endsWith('.1'));
    if (!listed) throw new Error(readdirSync(dir).join(' '));
    for (let n = FILES; n >= 1; n -= 1) renameSync(`${log}.${n}`, `${log}.${n + 1}`);
    writeFileSync(`${log}.1`, 'another\n');
    const file = await openListed(listed, log);
    expect(file?.path).toBe(`${log}.2`);
    await file?.close();
    rmSync(`${log}.2`);
    expect(await openListed(listed, log)).toBeNull();
  });
});
