import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';

const root = join(import.meta.dirname, '..');
const TIMEOUT_MS = 30_000;

const packedSchema = z.array(z.object({ files: z.array(z.object({ path: z.string(), mode: z.number() })) }));

/** What a user needs; every pattern has at least one file, and every file a pattern. */
const WANTED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^daemonset\.yaml$/,
  /^deploy\/[\w/-]+\.(yaml|json)$/,
  /^dist\/why137\.cjs$/,
  /^dist\/kubectl-why137\.cjs$/,
  /^dist\/THIRD-PARTY-LICENSES\.txt$/,
  /^demo\/recording\/[\w.-]+$/,
  /^docs\/[\w-]+\.md$/,
];

it('is packed with what a user needs, and nothing else', { timeout: TIMEOUT_MS }, async () => {
  const env = { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, env, timeout: TIMEOUT_MS });
  const files = z.parse(packedSchema, JSON.parse(stdout)).flatMap((packed) => packed.files);
  const paths = files.map(({ path }) => path);
  expect(paths.filter((path) => !WANTED.some((wanted) => wanted.test(path)))).toEqual([]);
  expect(WANTED.filter((wanted) => !paths.some((path) => wanted.test(path)))).toEqual([]);
  for (const program of ['dist/why137.cjs', 'dist/kubectl-why137.cjs']) {
    expect((files.find(({ path }) => path === program)?.mode ?? 0) & 0o111).toBe(0o111);
  }
});

it('is plain ASCII: one other character, and the whole text takes two bytes a letter in memory', () => {
  expect(readFileSync(join(root, 'dist/why137.cjs'), 'latin1')).not.toMatch(/[\x80-\xff]/);
});
