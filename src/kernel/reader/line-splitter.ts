/** Longest line that is kept; a journal record as an array of bytes takes four characters a byte. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Cuts bytes into lines, wherever the pieces are cut. Lines end with \n; a \r before it goes too. */
export class LineSplitter {
  readonly #onLine: (line: Buffer, at: number) => void;
  readonly #onTooLong: () => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #tooLong = false;
  #at = 0;

  constructor(onLine: (line: Buffer, at: number) => void, onTooLong: () => void) {
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  get at(): number {
    return this.#at;
  }

  /** Byte offset of what comes next; to be set where bytes were skipped. */
  skipTo(at: number): void {
    this.#at = at;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#line(bytes.subarray(from, end), end - from + 1);
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from));
  }

  /** Hands over a last line without newline. */
  end(): void {
    if (this.#restBytes > 0 || this.#tooLong) this.#line(Buffer.alloc(0), 0);
  }

  /** Gives back the bytes of a last line whose end has not come. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    return rest;
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > MAX_LINE_BYTES) {
      this.#tooLong = true;
      this.#rest = [];
      return;
    }
    // A copy: the caller may use its buffer again.
    this.#rest.push(Buffer.from(piece));
  }

  #line(last: Buffer, bytes: number): void {
    const at = this.#at;
    this.#at += this.#restBytes + bytes;
    const tooLong = this.#tooLong || this.#restBytes + last.length > MAX_LINE_BYTES;
    let line = this.#rest.length === 0 ? last : Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#tooLong = false;
    if (tooLong) {
      this.#onTooLong();
      return;
    }
    if (line.length > 0 && line[line.length - 1] === 13) line = line.subarray(0, -1);
    this.#onLine(line, at);
  }
}
