import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What logrotate and its like put behind the name: a number or a date, and how it was compressed. */
const ROTATED = /^[.-](?:\d[\d.-]*|old)(?:\.(?:gz|xz|bz2|zst|lz4))?$/;
/** A rotation renames file by file, and takes milliseconds. */
const MAX_LISTINGS = 20;

export interface Rotated {
  readonly path: string;
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
  readonly compressed: boolean;
}

/**
 * The files that a log was rotated to (`syslog.1`, `messages-20261123`, `syslog.2.gz`), newest first. While they are renamed one
 * after the other a listing may miss one: they are listed until two listings agree.
 */
export async function rotatedFiles(path: string): Promise<readonly Rotated[]> {
  let files = await listed(path);
  for (let listings = 1; listings < MAX_LISTINGS; listings += 1) {
    const again = await listed(path);
    const agrees = nameOf(again) === nameOf(files);
    files = again;
    if (agrees) break;
  }
  return [...files].sort((a, b) => b.modifiedMs - a.modifiedMs);
}

async function listed(path: string): Promise<readonly Rotated[]> {
  const dir = dirname(path);
  const log = basename(path);
  const names = (await readdir(dir)).filter((name) => name.startsWith(log) && ROTATED.test(name.slice(log.length)));
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(dir, name)).catch(() => null);
      if (!found?.isFile()) return null;
      const compressed = /\.(?:gz|xz|bz2|zst|lz4)$/.test(name);
      return { path: join(dir, name), inode: found.ino, size: found.size, modifiedMs: found.mtimeMs, compressed };
    }),
  );
  return files.filter((file) => file !== null);
}

function nameOf(files: readonly Rotated[]): string {
  return files.map(({ path, inode }) => `${path} ${String(inode)}`).join('\n');
}
