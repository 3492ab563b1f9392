import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Why a test that needs a program cannot run here, for its name; null when it is installed. */
export function without(program: string, debianPackage: string): string | null {
  const found = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((dir) => existsSync(`${dir}/${program}`));
  return found ? null : `${program} is not installed (Debian: ${debianPackage})`;
}

/** A test's name, with the reason where it is skipped. */
export function named(name: string, missing: string | null): string {
  return missing === null ? name : `${name} (skipped: ${missing})`;
}

/** Runs a program to its end; throws with what it said when it fails. */
export function run(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 15_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(status)}: ${stdout}${stderr}`);
  return stdout;
}

