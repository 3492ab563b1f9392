import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../../lib/thrown.ts';

/** A file that is appended to. */
export interface StateFile {
  /** Bytes that were wholly written. */
  readonly size: number;
  /** Writes at the end. What was written of a part when it throws is cut off again, as far as that can be done. */
  append(text: string): Promise<void>;
  /** Resolves when everything that was written is on the disk. */
  sync(): Promise<void>;
  /** Whether the file still has a name: one that was deleted takes all that is written to it, for nothing. */
  isNamed(): Promise<boolean>;
  close(): Promise<void>;
}

/** The seam to the directory of the state: tests put faults here. Everything throws what the file system says. */
export interface StateDisk {
  /** Null where there is no such file. */
  read(name: string): Buffer | null;
  /** A new file in place of the old one, all or nothing: written beside it, synced, renamed, and the directory synced. */
  replace(name: string, pieces: Iterable<string>): Promise<StateFile>;
  /** Sets a file aside, in place of one that was set aside before. */
  setAside(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const PIECE_BYTES = 256 * 1024;
/** What is larger, somebody else wrote, and it must not fill the memory. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export function stateDisk(dir: string, maxFileBytes = MAX_FILE_BYTES): StateDisk {
  return {
    read(name) {
      try {
        const found = statSync(join(dir, name));
        if (!found.isFile()) throw new Error('it is not a file');
        const { size } = found;
        if (size > maxFileBytes) throw new Error(`it is larger than any state: ${String(size)} bytes`);
        return readFileSync(join(dir, name));
      } catch (error) {
        if (isNotThere(error)) return null;
        throw error;
      }
    },
    async replace(name, pieces) {
      await mkdir(dir, { recursive: true, mode: 0o750 });
      const beside = join(dir, `${name}.new`);
      // `a`: every write goes to the end, whatever else was written meanwhile.
      await rm(beside, { force: true });
      const handle = await open(beside, 'a', 0o640);
      try {
        const size = await writeAll(handle, pieces);
        await handle.sync();
        await rename(beside, join(dir, name));
        await syncDirectory(dir);
        return new AppendedFile(handle, size);
      } catch (error) {
        await handle.close().catch(() => undefined);
        // What a full disk took of it is of no use.
        await rm(beside, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    setAside: (name) => rename(join(dir, name), join(dir, `${name}.unreadable`)),
    remove: (name) => rm(join(dir, name), { force: true }),
  };
}

class AppendedFile implements StateFile {
  readonly #handle: FileHandle;
  #size: number;
  /** A part of a record may be left at the end: what is written next must not continue it. */
  #ragged = false;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  async append(text: string): Promise<void> {
    const bytes = Buffer.from(this.#ragged ? `\n${text}` : text);
    try {
      await writeWhole(this.#handle, bytes);
      this.#size += bytes.length;
      this.#ragged = false;
    } catch (error) {
      this.#ragged = true;
      await this.#handle.truncate(this.#size).then(() => { this.#ragged = false; }, () => undefined);
      throw error;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async isNamed(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function writeAll(handle: FileHandle, pieces: Iterable<string>): Promise<number> {
  let size = 0;
  let waiting: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(waiting.join(''));
    waiting = [];
    length = 0;
    await writeWhole(handle, bytes);
    size += bytes.length;
  };
  for (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length >= PIECE_BYTES) await flush();
  }
  await flush();
  return size;
}

/** A full disk takes a part and says so only the next time. */
async function writeWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

/** The new name is on the disk only when its directory is. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
}

function isNotThere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errno(error));
}
