import { stateDisk, type StateDisk, type StateFile } from '../../../src/store/state/disk.ts';

/** What a disk may refuse. */
export interface Faults {
  append?: string | null;
  sync?: string | null;
  replace?: string | null;
  /** Writing stands still until this resolves. */
  hold?: Promise<void> | null;
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });

/** A real directory whose operations fail as told. Counts what reached it. */
export function faultyDisk(dir: string, faults: Faults): StateDisk & { readonly counts: { appends: number; syncs: number; replaces: number } } {
  const disk = stateDisk(dir);
  const counts = { appends: 0, syncs: 0, replaces: 0 };
  const refuse = async (code: string | null | undefined): Promise<void> => {
    await faults.hold;
    if (code != null) throw failure(code);
  };
  const faulty = (file: StateFile): StateFile => ({
    get size() {
      return file.size;
    },
    async append(text) {
      counts.appends += 1;
      await refuse(faults.append);
      await file.append(text);
    },
    async sync() {
      counts.syncs += 1;
      await refuse(faults.sync);
      await file.sync();
    },
    isNamed: () => file.isNamed(),
    close: () => file.close(),
  });
  return {
    ...disk,
    counts,
    async replace(name, pieces) {
      counts.replaces += 1;
      // What is put in its place is synced, too.
      await refuse(faults.replace ?? faults.sync);
      return faulty(await disk.replace(name, pieces));
    },
  };
}
