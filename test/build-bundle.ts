import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The built program. */
    readonly why137: string;
    /** The built kubectl plugin. */
    readonly kubectlWhy137: string;
  }
}

const root = join(import.meta.dirname, '..');
const programs = { why137: join(root, 'dist/why137.cjs'), kubectlWhy137: join(root, 'dist/kubectl-why137.cjs') };

/** What the bundle is made of. */
const PARTS = ['src', 'proto', 'scripts', 'package.json', 'package-lock.json'];

/**
 * vitest's globalSetup: builds the program where it is missing or older than what it is made of, so that vitest may be
 * run alone. Tests get a copy, for `npm run demo` in another test builds anew, and half a file is no program.
 * WHY137_TEST_NODE names the major version of Node.js that a run is meant to prove.
 */
export default function setup({ provide }: TestProject): () => void {
  const wanted = process.env['WHY137_TEST_NODE'];
  if (wanted !== undefined && process.versions.node.split('.')[0] !== wanted) {
    throw new Error(`These tests were to run on Node.js ${wanted}, but this is ${process.version}.`);
  }
  console.log(`Tests run on Node.js ${process.version}.`);
  if (!isFresh()) execFileSync(process.execPath, [join(root, 'scripts/build.js')], { cwd: root, stdio: 'inherit' });
  const dir = mkdtempSync(join(tmpdir(), 'why137-tested-'));
  for (const name of ['why137', 'kubectlWhy137'] as const) {
    const copy = join(dir, basename(programs[name]));
    copyFileSync(programs[name], copy);
    provide(name, copy);
  }
  return () => { rmSync(dir, { recursive: true }); };
}

function isFresh(): boolean {
  const newest = Math.max(...PARTS.map((part) => newestBelow(join(root, part))));
  return Object.values(programs).every((program) => existsSync(program) && statSync(program).mtimeMs >= newest);
}

function newestBelow(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestBelow(join(path, name))));
}
