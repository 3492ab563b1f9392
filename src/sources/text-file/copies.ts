import { openListed, type LogFile } from './log-file.ts';
import type { LogReader } from './log-reader.ts';
import { rotatedFiles, type Rotated } from './rotated-files.ts';

/** A log is not copied so often between two readings. */
const MAX_COPIES = 16;

export interface FoundCopy {
  readonly copy: LogFile;
  /** Files that were rotated or copied later, oldest first. */
  readonly later: readonly Rotated[];
}

/** The newest rotated file that is the one looked for, open; null where none is. */
export async function findCopy(log: string, isIt: (file: LogFile) => Promise<boolean>): Promise<FoundCopy | null> {
  const plain = (await rotatedFiles(log).catch(() => [])).filter(({ compressed }) => !compressed);
  for (const [index, one] of plain.slice(0, MAX_COPIES).entries()) {
    const copy = await openListed(one, log);
    if (copy !== null && (await isIt(copy))) return { copy, later: plain.slice(0, index).reverse() };
    await copy?.close();
  }
  return null;
}

/** Hands on what a copy holds from an offset on, and what was rotated later; not the log itself, which goes on anew. */
export async function readCopy({ copy, later }: FoundCopy, offset: number, log: LogFile, reader: LogReader): Promise<void> {
  copy.offset = offset;
  await reader.drain(copy);
  await copy.close();
  for (const file of later) if (file.inode !== log.inode) await reader.rotated(file);
}
