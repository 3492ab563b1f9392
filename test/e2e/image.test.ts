import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { root } from '../commands/run-why137.ts';

const JOURNAL_REMOTE = '/usr/lib/systemd/systemd-journal-remote';

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'chroot takes root';
  if (!existsSync('/usr/bin/journalctl')) return 'journalctl is not installed (package systemd)';
  if (!existsSync(JOURNAL_REMOTE)) return 'systemd-journal-remote is not installed';
  return null;
}
const why = whyNot();
if (why !== null) console.log(`the image: skipped, ${why}`);

it('is built from files that are there, without one that changes nothing in it', () => {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const copied = [...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names]) => (names ?? '').split(' '));
  expect(copied.length).toBeGreaterThan(4);
  for (const name of copied) {
    expect(existsSync(join(root, name)), name).toBe(true);
    expect(ignored).toContain(`!${name.split('/')[0] ?? ''}`);
  }
});

/** The last stage of the Dockerfile, made of this machine's Node.js and journalctl. The lab builds the image itself. */
describe.skipIf(why !== null)('what the image is made of', () => {
  let dir: string;
  let image: string;
  const inImage = (...command: string[]): string => execFileSync('/usr/sbin/chroot', [image, ...command], { encoding: 'utf8', env: { PATH: '/usr/bin' } });

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'w137-image-'));
    image = join(dir, 'root');
    execFileSync('sh', [join(root, 'image/collect.sh'), image], { stdio: 'pipe' });
    copyFileSync(inject('why137'), join(image, 'app/why137.cjs'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('runs the program', () => {
    expect(JSON.parse(inImage('/usr/bin/node', '/app/why137.cjs', 'exit-code', '137', '--json'))).toMatchObject({ signal: { name: 'SIGKILL' } });
  });

  it('reads a journal with compressed fields, and selects by pattern', () => {
    const long = 'Memory cgroup out of memory: '.repeat(200);
    const entry = (message: string, at: number): string => `__REALTIME_TIMESTAMP=${String(at)}\n__MONOTONIC_TIMESTAMP=${String(at % 1_000_000)}\n_BOOT_ID=de14dda69c844481b4da2c89310f7845\n_TRANSPORT=kernel\nMESSAGE=${message}\n\n`;
    const input = join(dir, 'export');
    writeFileSync(input, [entry('nothing', 1_795_455_805_000_001), entry(long, 1_795_455_805_000_002)].join(''));
    execFileSync(JOURNAL_REMOTE, ['-o', join(image, 'tmp/one.journal'), input], { stdio: 'pipe' });
    const lines = inImage('/usr/bin/journalctl', '--file', '/tmp/one.journal', '-o', 'json', '--all', '-g', 'out of memory').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ MESSAGE: long }]);
  });

  it('has no shell and nothing but what was meant', () => {
    const programs = execFileSync('find', [image, '-path', '*/bin/*'], { encoding: 'utf8' }).trim().split('\n').map((path) => path.slice(image.length));
    expect(programs.sort()).toEqual(['/usr/bin/journalctl', '/usr/bin/node']);
  });
});
