import { describe, expect, it } from 'vitest';
import { spawnLines } from '../../src/host/spawn-lines.ts';
import type { LineProcess } from '../../src/host/host.ts';

async function collect(process: LineProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of process.lines) lines.push(Buffer.from(line).toString('latin1'));
  return lines;
}

describe('spawnLines', () => {
  it('hands over stdout line by line, bytes untouched, in the C locale and UTC', async () => {
    const process = spawnLines('sh', ['-c', 'printf "a\\377\\n\\nlast"; echo "$LC_ALL $TZ" >&2; exit 3']);
    expect(await collect(process)).toEqual(['a\u00ff', '', 'last']);
    expect(await process.ended).toEqual({ exitCode: 3, stderr: 'C UTC\n', notFound: false });
  });

  it('tells that a command is absent instead of throwing', async () => {
    const process = spawnLines('no-such-command-anywhere', []);
    expect(await collect(process)).toEqual([]);
    expect(await process.ended).toMatchObject({ exitCode: null, notFound: true });
  });

  it('keeps the last 8 KiB of stderr', async () => {
    const process = spawnLines('sh', ['-c', 'head -c 100000 /dev/zero | tr "\\0" x >&2; echo end >&2']);
    expect(await collect(process)).toEqual([]);
    const { stderr } = await process.ended;
    expect(stderr).toHaveLength(8 * 1024);
    expect(stderr.endsWith('xend\n')).toBe(true);
  });

  it('cuts a line beyond the bound and says so', async () => {
    const process = spawnLines('sh', ['-c', 'head -c 300000 /dev/zero | tr "\\0" y; echo; echo next'], 1_000);
    expect((await collect(process)).map((line) => line.length)).toEqual([1_000, 4]);
    expect((await process.ended).stderr).toContain('1 line(s) longer than 1000 bytes were cut');
  });

  it('loses nothing when its reader begins late and reads slowly', async () => {
    const process = spawnLines('seq', ['1', '200000']);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    const lines = await collect(process);
    expect(lines).toHaveLength(200_000);
    expect(lines.at(-1)).toBe('200000');
    expect((await process.ended).exitCode).toBe(0);
  });

  it('stops a process that is being read, and one whose lines nobody reads', async () => {
    const read = spawnLines('sh', ['-c', 'echo begun; exec sleep 60']);
    for await (const line of read.lines) {
      expect(Buffer.from(line).toString()).toBe('begun');
      read.stop();
    }
    expect((await read.ended).exitCode).toBeNull();
    const unread = spawnLines('yes', []);
    unread.stop();
    expect((await unread.ended).exitCode).toBeNull();
  });

  it('kills a process that ignores the request to stop', async () => {
    const process = spawnLines('sh', ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done']);
    const begun = Date.now();
    for await (const _line of process.lines) process.stop();
    expect((await process.ended).exitCode).toBeNull();
    expect(Date.now() - begun).toBeLessThan(10_000);
  });
});
