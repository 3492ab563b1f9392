import type { Micros } from '../../lib/time.ts';
import { findCopy, readCopy } from './copies.ts';
import { unreadFiles } from './earlier-run.ts';
import { LogFile, openListed } from './log-file.ts';
import type { LogReader } from './log-reader.ts';
import { rotatedFiles, type Rotated } from './rotated-files.ts';
import type { EarlierRun, TextFileOptions, TextFilePosition } from './text-file-options.ts';

/** How often it is looked again for a file that an earlier run had read, while files are rotated. */
const MAX_LOOKS = 5;

type Lost = (from: Micros | null, to: Micros, why: string) => void;

/** The file to go on with, and since when everything that was written is read; null: as before. */
interface Opened {
  readonly file: LogFile;
  readonly from: Micros | null;
}

/** Opens a log for the first time: reads what other files hold of what is to be read, and gives the one to go on with. */
export class LogOpening {
  readonly #options: TextFileOptions;
  readonly #path: string;
  readonly #reader: LogReader;
  readonly #lost: Lost;
  /** Rotated files that were there when it began, by their inodes, with their sizes then. */
  readonly #known = new Map<number, number>();

  constructor(options: TextFileOptions, path: string, reader: LogReader, lost: Lost) {
    this.#options = options;
    this.#path = path;
    this.#reader = reader;
    this.#lost = lost;
  }

  async open(begun: Micros): Promise<Opened> {
    const current = await LogFile.open(this.#path);
    const older = await this.#rotated();
    const { position = null, read = null } = this.#options;
    if (read !== null) return this.#openAfter(read, current, older, begun);
    const continued = position === null ? null : await this.#continue(position, current, older);
    if (continued !== null) return { file: continued, from: null };
    const opened = await this.#withLookback(current, older, begun);
    if (position === null) return opened;
    this.#lost(null, opened.from ?? begun, 'the file that was read last is gone (rotated away, compressed, truncated or replaced)');
    return opened;
  }

  /** What was rotated or copied while the others were read, or was still being copied or written, may hold what they did not. */
  async readMeanwhile(current: LogFile): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const known = new Map(this.#known);
      const files = await this.#rotated();
      // Where it was itself renamed meanwhile, what was begun after it is followed from it.
      const renamedTo = files.findIndex(({ inode }) => inode === current.inode);
      const since = files
        .filter(({ compressed }, index) => compressed || index > renamedTo)
        .filter(({ inode, size }) => known.get(inode) !== size && (looks === 0 || !known.has(inode)));
      if (since.length === 0) return;
      for (const file of [...since].reverse()) if (!(await this.#isCopy(file, current))) await this.#reader.rotated(file, { gunzip: true });
      // What goes on is not theirs.
      this.#reader.begin();
    }
  }

  /** A copy of what has just been read: what it holds besides is looked for when the file is found to be truncated. */
  async #isCopy(file: Rotated, current: LogFile): Promise<boolean> {
    const copy = file.compressed ? null : await openListed(file, this.#path);
    return copy === null ? false : copy.isCopyOf(current).finally(() => copy.close());
  }

  async #rotated(): Promise<readonly Rotated[]> {
    const files = await rotatedFiles(this.#path).catch(() => []);
    for (const { inode, size } of files) this.#known.set(inode, size);
    return files;
  }

  /** Goes on where another run stopped, over the files written since then. */
  async #continue(position: TextFilePosition, current: LogFile, older: readonly Rotated[]): Promise<LogFile | null> {
    const plain = older.filter(({ compressed }) => !compressed);
    if (current.inode === position.inode) {
      if (await current.isAt(position)) {
        current.resumeAt(position);
        return current;
      }
      return this.#continueFromCopy(position, current);
    }
    const found = plain.findIndex(({ inode }) => inode === position.inode);
    const rotated = plain[found];
    const last = rotated === undefined ? null : await openListed(rotated, this.#path);
    if (last === null) return null;
    const continues = await last.isAt(position);
    if (continues) {
      last.resumeAt(position);
      await this.#reader.drain(last);
    }
    await last.close();
    if (!continues) return null;
    for (const file of plain.slice(0, found).reverse()) await this.#reader.rotated(file);
    return current;
  }

  /** The file was truncated after it had been copied: the copy holds what was read, and what came then. */
  async #continueFromCopy(position: TextFilePosition, current: LogFile): Promise<LogFile | null> {
    const found = await findCopy(this.#path, (copy) => copy.isAt(position));
    if (found === null) return null;
    await readCopy(found, position.offset, current, this.#reader);
    return current;
  }

  /** Looks back, over all files that hold what an earlier run has not read. What none holds any more is a gap. */
  async #openAfter(earlier: EarlierRun, current: LogFile, listed: readonly Rotated[], begun: Micros): Promise<Opened> {
    const { coveredTo } = earlier;
    let older = listed;
    let unread = await unreadFiles(earlier, current, older);
    // It may have been copied and truncated since the files were listed.
    for (let looks = 1; unread === null && looks < MAX_LOOKS; looks += 1) {
      const again = await this.#rotated();
      if (again.every(({ inode }) => older.some((file) => file.inode === inode))) break;
      older = again;
      unread = await unreadFiles(earlier, current, older);
    }
    // Where it stopped is not found: what was written since then may hold the rest all the same.
    const writtenSince = older.filter(({ modifiedMs }) => modifiedMs * 1_000 >= (coveredTo ?? Infinity)).length;
    const opened = await this.#withLookback(current, older, begun, unread, unread ?? writtenSince);
    const from = opened.from ?? begun;
    if (unread !== null) return coveredTo === null ? opened : { ...opened, from: Math.min(coveredTo, from) };
    this.#lost(coveredTo, from, 'while the agent was away, the file that it had read last was rotated away, compressed, truncated or replaced: what was still written to it is gone');
    return opened;
  }

  /** The file itself, and those rotated files that hold what is unread (or, where that is not known, all), as far back as asked for. */
  async #withLookback(current: LogFile, older: readonly Rotated[], begun: Micros, unread: number | null = null, written = 0): Promise<Opened> {
    const size = await current.size();
    const { lookbackBytes, since = 0 } = this.#options;
    const [newest] = older;
    let left = lookbackBytes - size;
    const due = unread === null ? older.length : Math.max(1, unread);
    const files = older.slice(0, due).filter(({ modifiedMs }, index) => index < (unread ?? 1) || modifiedMs * 1_000 >= since).map((file, index) => {
      const lastBytes = left;
      left -= file.size;
      return { file, lastBytes, gunzip: index < written };
    });
    for (const { file, lastBytes, gunzip } of files.reverse()) if (lastBytes > 0) await this.#reader.rotated(file, { lastBytes, gunzip });
    if (size > lookbackBytes) {
      await this.#reader.skipTo(current, size - lookbackBytes);
      return { file: current, from: begun };
    }
    // What was written after the last word of the rotated file is in this one, however it was rotated.
    return { file: current, from: newest === undefined ? begun : Math.round(newest.modifiedMs * 1_000) };
  }
}
