import { Turns } from '../../host/turns.ts';
import { sayThrown } from '../../lib/thrown.ts';
import type { Emit } from '../../model/source-event.ts';
import { gunzipped } from './gunzipped.ts';
import { openListed, type LogFile } from './log-file.ts';
import type { Rotated } from './rotated-files.ts';

const BUFFER_BYTES = 256 * 1024;
/** Handed on in such pieces: in a storm, one holds a hundred kills. */
const PIECE_BYTES = 16 * 1024;

export interface LogReaderParts {
  /** The source's name. */
  readonly source: string;
  /** Of the log whose files these are. */
  readonly path: string;
  readonly emit: Emit;
  readonly stopped: () => boolean;
  /** A file that was listed could not be read. */
  readonly onLost: (why: string) => void;
}

/** Hands on what files hold. What it gives are views of one buffer that is used again. */
export class LogReader {
  readonly #parts: LogReaderParts;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #turns = new Turns();
  #begin = true;

  constructor(parts: LogReaderParts) {
    this.#parts = parts;
  }

  /** What comes next does not continue what came before. */
  begin(): void {
    this.#begin = true;
  }

  /** All that there is of a file from where it was read to. */
  async drain(file: LogFile): Promise<void> {
    while (!this.#parts.stopped()) {
      const chunk = await file.read(this.#buffer);
      if (chunk.length === 0) return;
      await this.#hand(chunk);
    }
  }

  /** A whole rotated file, or its last bytes; `gunzip`: also where it is compressed. */
  async rotated(file: Rotated, { lastBytes = Infinity, gunzip = false } = {}): Promise<void> {
    this.begin();
    if (file.compressed) {
      if (gunzip && file.path.endsWith('.gz')) await this.#gunzipped(file);
      return;
    }
    const opened = await openListed(file, this.#parts.path);
    if (opened === null) {
      this.#parts.onLost(`${file.path} could not be opened any more`);
      return;
    }
    const size = await opened.size();
    if (size > lastBytes) await this.skipTo(opened, size - lastBytes);
    await this.drain(opened);
    await opened.close();
  }

  /** Moves on to the first line that begins at an offset or behind it. */
  async skipTo(file: LogFile, offset: number): Promise<void> {
    // One byte earlier: if that is the newline, the line behind it is whole.
    file.offset = offset - 1;
    await file.skipToLine(this.#buffer);
  }

  async #gunzipped({ path }: Rotated): Promise<void> {
    try {
      for await (const chunk of gunzipped(path)) {
        if (this.#parts.stopped()) return;
        this.#emit(chunk);
      }
    } catch (error) {
      this.#parts.onLost(`${path} could not be read: ${sayThrown(error)}`);
    }
  }

  /** In pieces that grow while nobody has to wait for them: a long log without a kill is read at full speed. */
  async #hand(chunk: Buffer): Promise<void> {
    let size = PIECE_BYTES;
    for (let at = 0; at < chunk.length && !this.#parts.stopped(); ) {
      const piece = chunk.subarray(at, at + size);
      this.#emit(piece);
      at += piece.length;
      size = this.#turns.isOver ? PIECE_BYTES : 2 * size;
      await this.#turns.next();
    }
  }

  #emit(chunk: Buffer): void {
    this.#parts.emit({ type: 'text', source: this.#parts.source, chunk, begin: this.#begin });
    this.#begin = false;
  }
}
