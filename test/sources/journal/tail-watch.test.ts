import { appendFileSync, closeSync, mkdtempSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TailWatch } from '../../../src/sources/journal/tail-watch.ts';
import { FakeClock } from '../../host/fake-host.ts';

const TAIL_OBJECT_OFFSET = 136;

describe('TailWatch', () => {
  let dir: string;
  let file: string;
  let clock: FakeClock;
  let watch: TailWatch;
  let written = 0;

  /** A journal file as journald begins one, as far as it is looked at. */
  function create(): void {
    const header = Buffer.alloc(256);
    header.write('LPKSHHRH');
    writeFileSync(file, header);
    moveTail(256);
  }
  function moveTail(offset: number): void {
    const at = Buffer.alloc(8);
    at.writeBigUInt64LE(BigInt(offset));
    const fd = openSync(file, 'r+');
    writeSync(fd, at, 0, 8, TAIL_OBJECT_OFFSET);
    closeSync(fd);
  }
  function say(text: string): void {
    appendFileSync(file, text);
    moveTail(statSync(file).size);
  }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-tail-'));
    file = join(dir, 'system.journal');
    clock = new FakeClock();
    written = 0;
    create();
    watch = new TailWatch(clock, [dir], /Killed process/, () => (written += 1));
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('calls back for what is looked for, within a quarter of a second by itself', async () => {
    say('MESSAGE=usb 1-1: new device');
    await clock.turn(1_000);
    expect(written).toBe(0);
    say('MESSAGE=Killed process 1 (x)');
    await clock.turn(250);
    expect(written).toBe(1);
    await clock.turn(1_000);
    expect(written).toBe(1);
  });

  it('calls back within 40 ms while it is alerted', async () => {
    watch.alert();
    say('MESSAGE=Killed process 1 (x)');
    await clock.turn(40);
    expect(written).toBe(1);
    await clock.turn(4_000);
    say('MESSAGE=Killed process 2 (x)');
    await clock.turn(40);
    expect(written).toBe(2);
  });

  it('finds the next file when journald has begun one, alerted or not', async () => {
    for (const alerted of [false, true]) {
      written = 0;
      renameSync(file, join(dir, `system@${String(alerted)}.journal`));
      create();
      if (alerted) watch.alert();
      await clock.turn(1_250);
      say('MESSAGE=Killed process 1 (x)');
      await clock.turn(250);
      expect(written).toBe(1);
    }
  });

  it('looks at nothing any more when it is stopped', async () => {
    watch.stop();
    say('MESSAGE=Killed process 1 (x)');
    await clock.turn(5_000);
    expect(written).toBe(0);
  });
});
