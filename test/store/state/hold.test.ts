import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdDirectory, type Hold, type Holding } from '../../../src/store/state/hold.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const taken = { state: 'taken' };

describe('holdDirectory', () => {
  let dir: string;
  const held: Hold[] = [];

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'w137-hold-')), 'state');
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((hold) => hold.release()));
    rmSync(dir, { recursive: true, force: true });
  });

  async function hold(waitMs = 0, onWait: () => void = () => undefined): Promise<Holding> {
    const holding = await holdDirectory(dir, { waitMs, pause, stopped: () => false, onWait });
    if (holding.state === 'held') held.push(holding.hold);
    return holding;
  }

  it('is given to one, and to the next when that one let go; nothing is left behind', async () => {
    const first = await hold();
    expect(first.state).toBe('held');
    expect(await hold()).toEqual(taken);
    if (first.state === 'held') await first.hold.release();
    expect(readdirSync(dir)).toEqual([]);
    expect((await hold()).state).toBe('held');
    expect(readdirSync(dir)).toHaveLength(1);
  });

  it('waits for one that goes, and says once that it does', async () => {
    const first = await hold();
    let waits = 0;
    const second = hold(10_000, () => {
      waits += 1;
    });
    await pause(1_000);
    if (first.state === 'held') await first.hold.release();
    expect((await second).state).toBe('held');
    expect(waits).toBe(1);
  });

  it('ends its wait when it is told to stop', async () => {
    await hold();
    let stopped = false;
    const second = holdDirectory(dir, { waitMs: 60_000, pause, stopped: () => stopped, onWait: () => { stopped = true; } });
    expect(await second).toEqual(taken);
  });

  it('works in a directory whose name is longer than that of a socket may be', async () => {
    dir = join(dir, 'x'.repeat(200));
    expect((await hold()).state).toBe('held');
    expect(await hold()).toEqual(taken);
  });

  it('is free, with a reason, where nothing can be made', async () => {
    const file = join(tmpdir(), `w137-hold-file-${String(process.pid)}`);
    writeFileSync(file, '');
    dir = join(file, 'state');
    expect(await hold()).toMatchObject({ state: 'free', why: expect.stringContaining('ENOTDIR') as unknown });
    rmSync(file);
  });

  it('is not held up by files of other names', async () => {
    mkdirSync(dir);
    for (const name of ['state.log', 'agent-x.sock', 'agent.sock']) writeFileSync(join(dir, name), '');
    expect((await hold()).state).toBe('held');
  });

  describe('processes', () => {
    const children: ChildProcess[] = [];
    const program = join(mkdtempSync(join(tmpdir(), 'w137-hold-program-')), 'hold.cjs');
    const SOURCE = `
      import { holdDirectory } from './src/store/state/hold.ts';
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      process.on('message', () => {
        holdDirectory(process.argv[2], { waitMs: Number(process.argv[3]), pause, stopped: () => false, onWait: () => undefined }).then(({ state }) => { process.send?.(state); });
      });
      process.send?.('ready');
    `;
    beforeAll(async () => {
      await build({ stdin: { contents: SOURCE, resolveDir: '.', loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', outfile: program });
    });
    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
    });
    afterAll(() => {
      rmSync(program);
    });

    const next = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('message', resolve));
    async function start(waitMs: number): Promise<ChildProcess> {
      const child = fork(program, [dir, String(waitMs)]);
      children.push(child);
      expect(await next(child)).toBe('ready');
      return child;
    }
    async function ask(child: ChildProcess): Promise<unknown> {
      const answer = next(child);
      child.send('hold');
      return answer;
    }

    it('one that was killed, or stands still, is told from one that is gone', async () => {
      const first = await start(0);
      expect(await ask(first)).toBe('held');
      first.kill('SIGSTOP');
      expect(await hold()).toEqual(taken);
      const gone = new Promise((resolve) => first.once('exit', resolve));
      first.kill('SIGKILL');
      await gone;
      expect(readdirSync(dir)).toHaveLength(1);
      expect((await hold()).state).toBe('held');
      expect(readdirSync(dir)).toHaveLength(1);
    });

    it('of many that begin at once, one gets it; of those that wait, one when it is killed', async () => {
      const all = await Promise.all(Array.from({ length: 6 }, () => start(3_000)));
      for (let round = 0; round < 2; round += 1) {
        const answers = await Promise.all(all.map(async (child) => ({ child, state: await ask(child) })));
        const winners = answers.filter(({ state }) => state === 'held');
        expect(winners).toHaveLength(1);
        const [winner] = winners;
        if (winner === undefined) return;
        const gone = new Promise((resolve) => winner.child.once('exit', resolve));
        winner.child.kill('SIGKILL');
        await gone;
        all.splice(all.indexOf(winner.child), 1);
      }
    }, 60_000);
  });
});
