import { openListed, type LogFile } from './log-file.ts';
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
