import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';

/** Directories in which journald keeps its files, as the host names them. */
export const JOURNAL_DIRS: readonly string[] = ['/var/log/journal', '/run/log/journal'];

/** Those of them (or the given one) that are there, as this process must open them. */
export function journalDirs(host: Host, dir: string | null): string[] {
  return (dir === null ? JOURNAL_DIRS : [dir]).map((path) => host.path(path)).filter((path) => existsSync(path));
}

/** Some file that journald could have written is there. */
export function hasJournalFiles(dirs: readonly string[]): boolean {
  return dirs.flatMap(withMachineDirs).some((dir) => entries(dir).some((name) => /\.journal~?$/.test(name)));
}

/** The system journals that are being written: rotated ones have another name. */
export function activeFiles(dirs: readonly string[]): string[] {
  return dirs
    .flatMap(withMachineDirs)
    .map((dir) => join(dir, 'system.journal'))
    .filter((path) => inodeOf(path) !== null);
}

export function inodeOf(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
  } catch {
    return null;
  }
}

/** Which times a journal file may hold: the first of a rotated one is in its name, the last is when it was written. */
export function spanOf(path: string): { readonly from: Micros | null; readonly to: Micros | null } {
  const begin = /@[0-9a-f]{32}-[0-9a-f]{16}-([0-9a-f]{16})\.journal$/.exec(path)?.[1];
  let to: Micros | null = null;
  try {
    to = Math.round(statSync(path).mtimeMs * 1_000);
  } catch {
    // Gone meanwhile.
  }
  return { from: begin === undefined ? null : Number.parseInt(begin, 16), to };
}

function withMachineDirs(dir: string): string[] {
  return [
    dir,
    ...entries(dir)
      .filter((name) => /^[0-9a-f]{32}$/.test(name))
      .map((name) => join(dir, name)),
  ];
}

/** An unreadable directory is journalctl's to complain of. */
function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
