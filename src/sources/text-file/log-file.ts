import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { rotatedFiles, type Rotated } from './rotated-files.ts';
import type { TextFilePosition } from './text-file-options.ts';

/** More than the last words of a kernel's report, which are those of the next one, too: the line before, and its time. */
const MARK_BYTES = 512;
const NEWLINE = 0x0a;
const MAX_TRIES = 20;

/** One opened log file and how far it was read. */
export class LogFile {
  readonly path: string;
  readonly inode: number;
  readonly #handle: FileHandle;
  offset: number;
  /** Just behind the last newline that was read: where another run should go on. */
  lineOffset: number;
  /** The last bytes that were read, to tell a file that was truncated and grew again. */
  #mark: Buffer = Buffer.alloc(0);

  private constructor(path: string, handle: FileHandle, inode: number, offset: number) {
    this.path = path;
    this.#handle = handle;
    this.inode = inode;
    this.offset = offset;
    this.lineOffset = offset;
  }

  /**
   * Throws as fs.promises.open does, and for what is no file: a pipe would hold up whoever opens it, and a device
   * (`syslog` linked to /dev/null) never has anything to say.
   */
  static async open(path: string, offset = 0): Promise<LogFile> {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isFile()) return new LogFile(path, handle, found.ino, offset);
    await handle.close();
    throw Object.assign(new Error('it is not a file'), { code: 'NOT_A_FILE' });
  }

  /** Goes on at a saved position, which `isContinued` then verifies. */
  resumeAt(position: TextFilePosition): void {
    this.offset = this.lineOffset = position.offset;
    this.#mark = Buffer.from(position.mark ?? '', 'base64');
  }

  restart(): void {
    this.resumeAt({ inode: this.inode, offset: 0 });
  }

  /** Where another run should go on. */
  get position(): TextFilePosition {
    const partial = this.offset - this.lineOffset;
    const mark = this.#mark.subarray(0, Math.max(0, this.#mark.length - partial)).toString('base64');
    return { inode: this.inode, offset: this.lineOffset, mark };
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** The next bytes, as a view of the buffer; empty at the end of the file. */
  async read(buffer: Buffer): Promise<Buffer> {
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.offset);
    const chunk = buffer.subarray(0, bytesRead);
    if (bytesRead === 0) return chunk;
    const newline = chunk.lastIndexOf(NEWLINE);
    if (newline !== -1) this.lineOffset = this.offset + newline + 1;
    this.offset += bytesRead;
    this.#mark = Buffer.concat([this.#mark, chunk.subarray(-MARK_BYTES)]).subarray(-MARK_BYTES);
    return chunk;
  }

  /** Whether the bytes before the offset are still those that were read there (or a line at least begins there). */
  isContinued(): Promise<boolean> {
    return this.#goesOn(this.offset, this.#mark);
  }

  /** The same of another run's position. */
  isAt({ offset, mark }: TextFilePosition): Promise<boolean> {
    return this.#goesOn(offset, Buffer.from(mark ?? '', 'base64'));
  }

  /** Whether this file holds the other's last read bytes at the same place: then it is a copy of it. */
  async isCopyOf(other: LogFile): Promise<boolean> {
    return (await this.size()) >= other.offset && other.#mark.length > 0 && (await this.#holds(other.#mark, other.offset));
  }

  /** Moves on to the begin of the next line. */
  async skipToLine(buffer: Buffer): Promise<void> {
    for (;;) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.offset);
      const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
      this.offset += newline === -1 ? bytesRead : newline + 1;
      this.lineOffset = this.offset;
      this.#mark = Buffer.alloc(0);
      if (newline !== -1 || bytesRead === 0) return;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #goesOn(offset: number, mark: Buffer): Promise<boolean> {
    if (offset === 0) return true;
    if ((await this.size()) < offset) return false;
    return this.#holds(mark.length > 0 ? mark : Buffer.of(NEWLINE), offset);
  }

  async #holds(bytes: Buffer, before: number): Promise<boolean> {
    const found = Buffer.alloc(bytes.length);
    const { bytesRead } = await this.#handle.read(found, 0, bytes.length, Math.max(0, before - bytes.length));
    return bytesRead === bytes.length && found.equals(bytes);
  }
}

/** Opens a file that was listed, wherever it has been renamed to since; null: it is nowhere any more. */
export async function openListed(listed: Rotated, log: string): Promise<LogFile | null> {
  let path: string | undefined = listed.path;
  for (let tries = 0; path !== undefined && tries < MAX_TRIES; tries += 1) {
    const file = await LogFile.open(path).catch(() => null);
    if (file?.inode === listed.inode) return file;
    await file?.close();
    path = (await rotatedFiles(log)).find(({ inode }) => inode === listed.inode)?.path;
  }
  return null;
}
