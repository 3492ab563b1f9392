import * as z from 'zod/mini';
import type { Micros } from '../../lib/time.ts';
import { gunzipped } from './gunzipped.ts';
import { openListed, type LogFile } from './log-file.ts';
import type { Rotated } from './rotated-files.ts';
import type { EarlierRun, TextFilePosition } from './text-file-options.ts';

const positionSchema = z.object({ inode: z.number(), offset: z.number(), mark: z.optional(z.string()) });

/** What was kept of an earlier run, if it is that; null where it is not. */
export function textFileRead(kept: { readonly position: unknown; readonly coveredTo: Micros | null } | null): EarlierRun | null {
  const position = positionSchema.safeParse(kept?.position);
  if (kept === null || !position.success) return null;
  const { inode, offset, mark } = position.data;
  return { position: { inode, offset, ...(mark !== undefined && { mark }) }, coveredTo: kept.coveredTo };
}

/**
 * Where the earlier run stopped: how many of the rotated files (newest first) hold what it has not read; 0: all of that
 * is in the file itself; null: the file that it read is nowhere, or is compressed in a way that is not read.
 */
export async function unreadFiles({ position, coveredTo }: EarlierRun, current: LogFile, rotated: readonly Rotated[]): Promise<number | null> {
  const { path: log } = current;
  // Of an empty file only the number was known, and numbers are used again: nothing may have been rotated since.
  const isSame = isMarked(position) || !rotated.some(({ modifiedMs }) => modifiedMs * 1_000 >= (coveredTo ?? 0));
  if (current.inode === position.inode && isSame && (await current.isAt(position))) return 0;
  // By the inode; a copy (copytruncate) and a compressed file have another, and the same bytes.
  for (const isIt of [(one: Rotated) => one.inode === position.inode, () => isMarked(position)]) {
    for (const [index, file] of rotated.entries()) {
      if (isIt(file) && (await (file.compressed ? gunzippedHolds(file.path, position) : holds(file, log, position)))) return index + 1;
    }
  }
  return null;
}

function isMarked({ mark }: TextFilePosition): boolean {
  return mark !== undefined && mark !== '';
}

async function holds(rotated: Rotated, log: string, position: TextFilePosition): Promise<boolean> {
  const file = await openListed(rotated, log);
  if (file === null) return false;
  return file.isAt(position).finally(() => file.close());
}

async function gunzippedHolds(path: string, { offset, mark = '' }: TextFilePosition): Promise<boolean> {
  const wanted = Buffer.from(mark, 'base64');
  if (!path.endsWith('.gz') || wanted.length === 0) return false;
  let before = 0;
  let last = Buffer.alloc(0);
  try {
    for await (const piece of gunzipped(path)) {
      const part = piece.subarray(0, Math.max(0, offset - before));
      last = Buffer.concat([last, part]).subarray(-wanted.length);
      before += piece.length;
      if (before >= offset) return last.equals(wanted);
    }
  } catch {
    // No gzip file, or a broken one.
  }
  return false;
}
