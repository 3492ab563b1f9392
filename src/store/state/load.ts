import type { StateDisk } from './disk.ts';
import type { DiscardReason } from './frame.ts';
import { readFirstVersion, readRecords, type StateRecord } from './records.ts';
import { sayThrown } from '../../lib/thrown.ts';

export interface Loading {
  record(record: StateRecord): void;
  discard(reason: DiscardReason): void;
  /** All so far is of a version that wrote what it had said, and nothing else. */
  allSaid(): void;
}

/**
 * Hands over everything that earlier runs kept, oldest first: what version 1 left, if that was not taken over yet, then
 * the file of this version. A file that cannot be read is set aside, so that what is written from now on does not replace
 * it. Returns why one could not be read; null: there is none, or it could.
 */
export async function loadState(disk: StateDisk, { file, firstFile }: { readonly file: string; readonly firstFile: string }, to: Loading): Promise<string | null> {
  const whys: string[] = [];
  for (const [name, read] of [[firstFile, readFirstVersion], [file, readRecords]] as const) {
    try {
      const bytes = disk.read(name);
      if (bytes === null) continue;
      for (const found of read(bytes)) {
        if ('discarded' in found) to.discard(found.discarded);
        else to.record(found);
      }
      if (name === firstFile) to.allSaid();
    } catch (error) {
      whys.push(`${name}: ${sayThrown(error)}`);
      await disk.setAside(name).catch(() => undefined);
    }
  }
  return whys.length === 0 ? null : whys.join('; ');
}
