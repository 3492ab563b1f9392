import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerExitSchema, containerSchema, type ContainerExit } from '../../src/model/container-exit.ts';
import { History, type HistoryOptions } from '../../src/store/history.ts';
import { FakeClock, settle } from '../host/fake-host.ts';
import { at, oomKill, T0, verdict } from './samples.ts';
import { faultyDisk, type Faults } from './state/disks.ts';

const exit = (name: string, seconds = 0): ContainerExit => containerExitSchema.parse({ containerId: name, exitCode: 137, finishedAt: at(seconds) });

describe('History', () => {
  let dir: string;
  let clock: FakeClock;
  let troubles: (string | null)[];
  let damage: { discarded: Readonly<Record<string, number>>; why: string | null }[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-history-'));
    clock = new FakeClock(T0 + 60_000_000);
    troubles = [];
    damage = [];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((history) => history.close()));
    rmSync(dir, { recursive: true, force: true });
  });

  const opened: History[] = [];
  const open = async (options: Partial<HistoryOptions> = {}): Promise<History> => {
    const history = await History.open({ dir, timer: clock, bootId: 'boot-1', onTrouble: (why) => troubles.push(why), onDamage: (one) => damage.push(one), ...options });
    opened.push(history);
    return history;
  };
  const kept = (history: History): Promise<void> => new Promise((resolve) => { history.whenKept(resolve); });
  const ids = (history: History): string[] => [...history.oomKills, ...history.verdicts].map(({ id }) => id);
  const file = (): string => join(dir, 'state.log');

  /** What a run left behind that was killed: no farewell. */
  async function killed(fill: (history: History) => void): Promise<void> {
    const history = await open();
    fill(history);
    await kept(history);
  }

  it('gives back what was kept: verdicts, kills, exits without a verdict, containers, places', async () => {
    await killed((history) => {
      history.kill(oomKill('k1'), true);
      history.exit(exit('c1'), 'e1');
      history.exit(exit('c2'), 'e2');
      history.verdict(verdict('e1'));
      history.exit(exit('c3'), 'e3');
      history.unanswered('e3');
      history.hear({ type: 'container', source: 'containerd', container: containerSchema.parse({ containerId: 'lives', initPid: 7 }) }, true);
      history.hear({ type: 'covered', source: 'journal', from: T0, to: T0 + 5 }, false);
    });
    const again = await open();
    expect(ids(again)).toEqual(['k1', 'e1']);
    expect(again.exits.map(({ containerId }) => containerId)).toEqual(['e1c0ffee', 'c2']);
    expect(again.containers).toMatchObject([{ containerId: 'lives', initPid: 7 }]);
    expect(damage).toEqual([]);
    expect(again.status()).toMatchObject({ up: true, held: { verdicts: 1, oomKills: 1, openExits: 1, containers: 1 }, unkept: 0 });
  });

  it('says after a crash what may not have been said, under its id and revision, and nothing else', async () => {
    await killed((history) => {
      for (const id of ['said', 'unsaid']) history.verdict(verdict(id));
      history.kill(oomKill('k-said'), true);
      history.markSaid([verdict('said'), oomKill('k-said')]);
      history.verdict(verdict('said', { confidence: 'likely' }));
      history.kill(oomKill('k-unsaid'), true);
    });
    const again = await open();
    expect(again.unsaid.map((one) => [one.id, one.kind === 'verdict' ? one.revision : null])).toEqual([['k-unsaid', null], ['said', 2], ['unsaid', 1]]);
    again.markSaid(again.unsaid);
    await again.close();
    expect((await open()).unsaid).toEqual([]);
  });

  it.each([
    ['a weaker answer', { cause: 'unknown', confidence: 'possible' }, null],
    ['the same answer', {}, null],
    ['another as strong, from less evidence', { cause: 'node-oom', evidence: [] }, null],
    ['another as strong, from new evidence', { cause: 'node-oom', evidence: [{ kind: 'kernel', source: 'journal', time: null, text: 'new', weight: 'decisive' }] }, 2],
  ] as const)('does with %s of a run that came later as it deserves', async (_, change, revision) => {
    await killed((history) => history.verdict(verdict('e')));
    const again = await open();
    expect(again.verdict(verdict('e', { ...change, evidence: 'evidence' in change ? [...change.evidence] : verdict('e').evidence }))?.revision ?? null).toBe(revision);
  });

  it('takes a stronger answer, counts its revision on, and then whatever this run finds out', async () => {
    await killed((history) => history.verdict(verdict('e', { confidence: 'possible', final: false, revision: 1 })));
    const again = await open();
    expect(again.verdict(verdict('e'))?.revision).toBe(2);
    expect(again.verdict(verdict('e', { confidence: 'likely', revision: 2 }))?.revision).toBe(3);
  });

  it('takes over what version 1 left, as said, without its torn end, and leaves one file', async () => {
    const lines = [verdict('v1'), oomKill('k1'), verdict('v2')].map((one) => JSON.stringify(one));
    writeFileSync(join(dir, 'history.ndjson'), `${lines.join('\n')}\nno json\n{"kind":"oom-kill"}\n${JSON.stringify(verdict('v3')).slice(0, 50)}`);
    const history = await open();
    expect(ids(history)).toEqual(['k1', 'v1', 'v2']);
    expect(history.unsaid).toEqual([]);
    expect(damage).toEqual([{ discarded: { garbage: 1, shape: 1, torn: 1 }, why: null }]);
    await history.close();
    expect(readdirSync(dir)).toEqual(['state.log']);
    expect(ids(await open())).toEqual(['k1', 'v1', 'v2']);
  });

  it('keeps what was acknowledged, wherever the file is cut in what was written after', async () => {
    await killed((history) => history.verdict(verdict('first')));
    const history = await open();
    const ends = new Map([['first', readFileSync(file()).length]]);
    for (const id of ['second', 'third']) {
      history.verdict(verdict(id));
      await kept(history);
      ends.set(id, readFileSync(file()).length);
    }
    const [base = 0, , end = 0] = ends.values();
    // Every byte of a file is cut in frame.test.ts; here the whole of it is opened, a few dozen times.
    for (let length = base; length <= end; length = Math.min(length + 311, length === end ? Infinity : end)) {
      const copy = mkdtempSync(join(tmpdir(), 'w137-cut-'));
      cpSync(file(), join(copy, 'state.log'));
      truncateSync(join(copy, 'state.log'), length);
      const cut = await open({ dir: copy });
      const acknowledged = [...ends].filter(([, written]) => written <= length).map(([id]) => id);
      expect(ids(cut)).toEqual(acknowledged);
      // It goes on: what is kept now is there the next time.
      cut.verdict(verdict('after'));
      await kept(cut);
      expect(ids(await open({ dir: copy }))).toEqual([...acknowledged, 'after']);
      rmSync(copy, { recursive: true });
    }
  });

  it('tells how much of a damaged file it left out, and why, and goes on', async () => {
    await killed((history) => {
      for (const id of ['a', 'b', 'c']) history.verdict(verdict(id));
    });
    const bytes = readFileSync(file());
    bytes[bytes.indexOf('"id":"b"') + 6] = 0x78;
    writeFileSync(file(), Buffer.concat([bytes, Buffer.from('noise\n'), Buffer.from('w2 zz')]));
    const history = await open();
    expect(ids(history)).toEqual(['a', 'c']);
    expect(damage).toEqual([{ discarded: { checksum: 1, garbage: 1, torn: 1 }, why: null }]);
    expect(history.status().discarded).toEqual({ checksum: 1, garbage: 1, torn: 1 });
    await history.close();
    damage = [];
    expect(ids(await open())).toEqual(['a', 'c']);
    expect(damage).toEqual([]);
  });

  it('sets a file aside that it cannot read', async () => {
    mkdirSync(file());
    const history = await open();
    expect(damage).toMatchObject([{ discarded: {}, why: expect.stringContaining('state.log: it is not a file') as unknown }]);
    history.verdict(verdict('v'));
    await kept(history);
    expect(existsSync(`${file()}.unreadable`)).toBe(true);
    expect(ids(await open())).toEqual(['v']);
  });

  it('forgets the oldest by count, by bytes, and by age but for the newest', async () => {
    const fill = async (retention: HistoryOptions['retention'], count: number): Promise<History> => {
      const history = await open({ retention: { maxCount: 1_000, maxBytes: 1e9, maxAgeUs: 1e18, ...retention } });
      for (let n = 0; n < count; n += 1) history.verdict(verdict(`v${String(n)}`));
      await history.close();
      const again = await open({ retention: { maxCount: 1_000, maxBytes: 1e9, maxAgeUs: 1e18, ...retention } });
      await again.close();
      return again;
    };
    expect(ids(await fill({ maxCount: 3 }, 5))).toEqual(['v2', 'v3', 'v4']);
    const one = Buffer.byteLength(JSON.stringify(verdict('v0')));
    expect(ids(await fill({ maxBytes: (one * 2.5) / 0.45 }, 9))).toEqual(['v7', 'v8']);
    clock = new FakeClock(T0 + 86_400_000_000 * 40);
    expect([...(await fill({ maxAgeUs: 30 * 86_400_000_000 }, 230)).verdicts]).toHaveLength(200);
  });

  it('writes the file anew before it grows out of proportion', async () => {
    const history = await open({ retention: { maxCount: 10, maxBytes: 1e9, maxAgeUs: 1e18 } });
    for (let n = 0; n < 1_500; n += 1) {
      history.verdict(verdict(`v${String(n)}`));
      if (n % 100 === 0) await kept(history);
    }
    await kept(history);
    expect(history.status()).toMatchObject({ held: { verdicts: 10 }, evicted: 1_490 });
    expect(history.status().bytes).toBeLessThan(1_300_000);
    expect([...(await open({ retention: { maxCount: 10 } })).verdicts]).toHaveLength(10);
  });

  describe('on a disk that fails', () => {
    const start = async (faults: Faults) => {
      const disk = faultyDisk(dir, faults);
      return { history: await open({ disk }), disk };
    };

    it('writes what comes together with one sync', async () => {
      const { history, disk } = await start({});
      for (let n = 0; n < 50; n += 1) history.verdict(verdict(`v${String(n)}`));
      await kept(history);
      expect(disk.counts).toMatchObject({ appends: 1, syncs: 1 });
    });

    it.each(['append', 'sync', 'replace'] as const)('says its answers all the same when %s fails, tells it once, and keeps them when it works again', async (what) => {
      // A file is put in place at the start: what fails then is the replacing.
      const faults: Faults = what === 'replace' ? { replace: 'ENOSPC' } : {};
      const { history, disk } = await start(faults);
      if (what !== 'replace') await expect.poll(() => history.status().bytes).toBeGreaterThan(0);
      faults[what] = 'ENOSPC';
      const heard: string[] = [];
      for (const id of ['a', 'b']) {
        history.verdict(verdict(id));
        history.whenKept(() => heard.push(id));
        await expect.poll(() => heard).toContain(id);
      }
      expect(troubles).toEqual(['ENOSPC: refused']);
      expect(disk.counts).toMatchObject({ replace: { replaces: 1, appends: 0 }, append: { replaces: 1, appends: 1, syncs: 0 }, sync: { replaces: 1, appends: 1, syncs: 1 } }[what]);
      expect(history.status()).toMatchObject({ up: false, detail: 'ENOSPC: refused', unkept: 2 });
      await clock.turn(60_000);
      expect(troubles).toHaveLength(1);
      faults[what] = null;
      await expect.poll(async () => {
        await clock.turn(30_000);
        return troubles;
      }).toEqual(['ENOSPC: refused', null]);
      expect(ids(await open())).toEqual(['a', 'b']);
    });

    it('does not wait for a disk that stands still, and keeps the order', async () => {
      let go: () => void = () => undefined;
      const faults: Faults = {};
      const { history } = await start(faults);
      faults.hold = new Promise<void>((resolve) => (go = resolve));
      const heard: string[] = [];
      for (const id of ['a', 'b', 'c']) {
        history.verdict(verdict(id));
        history.whenKept(() => heard.push(id));
      }
      await settle();
      expect(heard).toEqual([]);
      await clock.turn(500);
      expect(heard).toEqual(['a', 'b', 'c']);
      expect(history.status().unkept).toBe(3);
      go();
      await kept(history);
      expect(ids(await open())).toEqual(['a', 'b', 'c']);
    });

    it('writes a file anew that was deleted under it', async () => {
      const { history } = await start({});
      history.verdict(verdict('a'));
      await kept(history);
      rmSync(file());
      await clock.turn(31_000);
      await expect.poll(() => existsSync(file())).toBe(true);
      expect(ids(await open())).toEqual(['a']);
    });
  });

  const root = process.getuid?.() === 0;
  describe.skipIf(!root)('on a real disk that is full or read-only (needs root, for mounting)', () => {
    const mounted = async (use: () => Promise<void>): Promise<void> => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir]);
      try {
        await use();
      } finally {
        execFileSync('umount', ['-l', dir]);
      }
    };

    it('loses nothing that it kept before the disk was full, and keeps the rest when there is room', async () => {
      await mounted(async () => {
        const history = await open();
        history.verdict(verdict('before'));
        await kept(history);
        const filler = join(dir, 'filler');
        writeFileSync(filler, '');
        expect(() => { for (;;) appendFileSync(filler, 'x'.repeat(1_024)); }).toThrow('ENOSPC');
        for (let n = 0; n < 20; n += 1) history.verdict(verdict(`full-${String(n)}`));
        await expect.poll(() => troubles.at(-1) ?? '').toContain('ENOSPC');
        const meanwhile = await open({ onTrouble: () => undefined });
        expect(ids(meanwhile)).toContain('before');
        // Two never write at once: this one is gone before there is room.
        await meanwhile.close();
        rmSync(filler);
        await expect.poll(async () => {
          await clock.turn(30_000);
          return troubles.at(-1);
        }).toBeNull();
        const again = await open();
        expect(ids(again)).toHaveLength(21);
        await Promise.all([history.close(), again.close()]);
      });
    });

    it('starts with what is there where nothing can be written', async () => {
      await mounted(async () => {
        const before = await open();
        before.verdict(verdict('v'));
        await before.close();
        execFileSync('mount', ['-o', 'remount,ro', dir]);
        const history = await open();
        expect(ids(history)).toEqual(['v']);
        expect(troubles.at(-1)).toContain('EROFS');
        expect(history.verdict(verdict('w'))?.id).toBe('w');
        await history.close();
      });
    });
  });
});
