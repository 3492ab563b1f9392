import { accessSync, constants } from 'node:fs';
import { stateDisk } from './disk.ts';
import { loadState } from './load.ts';
import { sayThrown } from '../../lib/thrown.ts';

/** What another process finds of a state, without touching it. */
export interface Inspection {
  readonly verdicts: number;
  readonly oomKills: number;
  /** Pieces that are no records, by reason; the last line of a file that is being written may be one (`torn`). */
  readonly discarded: Readonly<Record<string, number>>;
  /** Why it could not be read, or may not be written; null: it can. */
  readonly why: string | null;
}

export async function inspectState(dir: string, files: { readonly file: string; readonly firstFile: string }): Promise<Inspection> {
  const ids = { verdict: new Set<string>(), 'oom-kill': new Set<string>() };
  const discarded: Record<string, number> = {};
  const disk = { ...stateDisk(dir), setAside: () => Promise.resolve() };
  const unreadable = await loadState(disk, files, {
    record(record) {
      if (record.kind === 'verdict' || record.kind === 'oom-kill') ids[record.kind].add(record.id);
    },
    discard(reason) {
      discarded[reason] = (discarded[reason] ?? 0) + 1;
    },
    allSaid: () => undefined,
  });
  return { verdicts: ids.verdict.size, oomKills: ids['oom-kill'].size, discarded, why: unreadable ?? unwritable(dir) };
}

function unwritable(dir: string): string | null {
  try {
    accessSync(dir, constants.W_OK);
    return null;
  } catch (error) {
    return sayThrown(error);
  }
}
