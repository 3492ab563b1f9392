import { TextFraming, type TextFormat } from '../framing/text-line.ts';
import { NO_TIME, type TimeContext } from '../framing/wall-time.ts';
import type { KillListener } from '../report/assembler.ts';
import { MAX_REPORT_BYTES } from '../report/report.ts';
import type { Drops } from './drops.ts';
import { BEGIN_NEEDLE, FACT_NEEDLES, KILL_NEEDLES, KILL_NEEDLES_AS_ARRAYS, LONGEST_NEEDLE, OPENVZ_BYTES, OPENVZ_NEEDLE } from './needles.ts';
import { TextReader, type ReaderOptions } from './text-reader.ts';

/** Bytes around what was found that are read too: lines torn off, lines that follow at once. */
const AROUND = 8 * 1024;
/** After a find, so many bytes are read in full: a group kill's other lines. */
const AWAKE_BYTES = 64 * 1024;

/**
 * Reads a text log of any size: looks for a few needles in the bytes, at about grep's speed, and decodes only what lies
 * around them. Gives what TextReader gives. Without `lookBack`, a chunk that was handed in must stay as it is until the
 * next MAX_REPORT_BYTES of chunks have come; with it, chunks are copied and so many bytes of them kept.
 */
export class BulkReader {
  readonly #reader: TextReader;
  #needles: readonly Buffer[] = [...KILL_NEEDLES, OPENVZ_NEEDLE];
  #openVz: 'perhaps' | 'seen' | 'no' = 'perhaps';
  /** Asleep: the newest bytes that were not decoded, for a report that begins in them. Null: awake. */
  #waiting: Buffer[] | null = null;
  #waitingBytes = 0;
  #lost = false;
  #at = 0;
  #awakeTo = AWAKE_BYTES;
  #tail: Buffer = Buffer.alloc(0);

  readonly #copies: boolean;
  readonly #lookBack: number;
  readonly #format: TextFormat | undefined;
  /** Where chunks are joined; used again and again, so that memory stays flat however many reports there are. */
  #joined: Buffer = Buffer.alloc(0);

  constructor(source: string, context: TimeContext, listener: KillListener, options: ReaderOptions & { lookBack?: number } = {}) {
    this.#copies = options.lookBack !== undefined;
    this.#lookBack = options.lookBack ?? MAX_REPORT_BYTES;
    this.#format = options.format;
    this.#reader = new TextReader(source, context, listener, options);
  }

  get drops(): Drops {
    return this.#reader.drops;
  }

  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#at === 0 && chunk[0] === 0x7b) this.#needles = [...KILL_NEEDLES, ...KILL_NEEDLES_AS_ARRAYS, OPENVZ_NEEDLE];
    const found = this.#find(chunk);
    if (this.#openVz === 'perhaps') this.#isOpenVz(found !== null && (chunk.includes(OPENVZ_NEEDLE) || this.#seam(chunk).includes(OPENVZ_NEEDLE)));
    if (found !== null) {
      this.#wake(chunk.subarray(0, found.first));
      this.#awakeTo = this.#at + found.last + AWAKE_BYTES;
    }
    const awake = this.#waiting === null ? Math.min(chunk.length, Math.max(0, this.#awakeTo - this.#at)) : 0;
    if (awake > 0) this.#reader.push(chunk.subarray(0, awake));
    if (awake < chunk.length) this.#wait(this.#waiting ?? this.#sleep(), chunk.subarray(awake));
    this.#at += chunk.length;
    this.#tail = chunk.length >= LONGEST_NEEDLE ? Buffer.from(chunk.subarray(-LONGEST_NEEDLE)) : Buffer.concat([this.#tail, chunk]).subarray(-LONGEST_NEEDLE);
  }

  get holding(): boolean {
    return this.#reader.holding;
  }

  idle(): void {
    this.#reader.idle();
  }

  end(): void {
    this.#reader.end();
  }

  #isOpenVz(seen: boolean): void {
    if (seen) {
      this.#openVz = 'seen';
    } else if (this.#at > OPENVZ_BYTES) {
      this.#openVz = 'no';
      this.#needles = this.#needles.filter((needle) => needle !== OPENVZ_NEEDLE);
    }
  }

  /** What spans the chunk before and this one. */
  #seam(chunk: Buffer): Buffer {
    return Buffer.concat([this.#tail, chunk.subarray(0, LONGEST_NEEDLE)]);
  }

  /** Where in the chunk the first and the last needle are; one may have begun in the chunk before. */
  #find(chunk: Buffer): { first: number; last: number } | null {
    const seam = this.#seam(chunk);
    const firsts = this.#needles.map((needle) => this.#first(chunk, needle)).filter((at) => at >= 0);
    if (this.#needles.some((needle) => seam.includes(needle))) firsts.push(0);
    if (firsts.length === 0) return null;
    return { first: Math.min(...firsts), last: Math.max(0, ...this.#needles.map((needle) => this.#last(chunk, needle))) };
  }

  #first(chunk: Buffer, needle: Buffer): number {
    let at = chunk.indexOf(needle);
    while (at >= 0 && this.#isOthersLine(chunk, at)) at = chunk.indexOf(needle, at + needle.length);
    return at;
  }

  #last(chunk: Buffer, needle: Buffer): number {
    let at = chunk.lastIndexOf(needle);
    while (at >= 0 && this.#isOthersLine(chunk, at)) at = at === 0 ? -1 : chunk.lastIndexOf(needle, at - 1);
    return at;
  }

  /** Another program than the kernel wrote the line, by its own tag: no reason to wake, the reader would drop it. */
  #isOthersLine(chunk: Buffer, at: number): boolean {
    const begin = at === 0 ? -1 : chunk.lastIndexOf(10, at - 1);
    const end = chunk.indexOf(10, at);
    if (begin < 0 || end < 0) return false;
    // A framing of its own: what it says of a line with a tag does not hang on the lines before.
    const framed = new TextFraming(NO_TIME, this.#format).frame(chunk.toString('utf8', begin + 1, end));
    return 'drop' in framed && framed.drop === 'not-kernel';
  }

  #sleep(): Buffer[] {
    // The line that was cut waits with what comes.
    const rest = this.#reader.takeRest();
    this.#waiting = [rest];
    this.#waitingBytes = rest.length;
    this.#lost = false;
    return this.#waiting;
  }

  #wait(waiting: Buffer[], chunk: Buffer): void {
    waiting.push(this.#copies ? Buffer.from(chunk) : chunk);
    this.#waitingBytes += chunk.length;
    for (let first = waiting[0]; first && this.#waitingBytes - first.length > this.#lookBack; first = waiting[0]) {
      waiting.shift();
      this.#waitingBytes -= first.length;
      this.#lost = true;
    }
  }

  #join(pieces: readonly Buffer[]): Buffer {
    // Who copies wants to keep little.
    if (this.#copies) return Buffer.concat(pieces);
    if (this.#joined.length < this.#waitingBytes) this.#joined = Buffer.allocUnsafeSlow(this.#waitingBytes);
    let at = 0;
    for (const piece of pieces) at += piece.copy(this.#joined, at);
    return this.#joined.subarray(0, at);
  }

  /** Hands over what was passed by and belongs to the report that was just found. */
  #wake(before: Buffer): void {
    if (this.#waiting === null) return;
    const waited = this.#join(this.#waiting);
    this.#waiting = null;
    const wanted = (before.includes(BEGIN_NEEDLE) ? waited.length : reportBegin(waited)) - AROUND;
    // From the beginning of a line; the first one may be cut where something was let go.
    const newline = wanted > 0 ? waited.lastIndexOf(10, wanted) : -1;
    const from = newline >= 0 ? newline + 1 : this.#lost ? waited.indexOf(10) + 1 : 0;
    this.#reader.skipTo(this.#at - waited.length + from);
    this.#reader.push(waited.subarray(from));
  }
}

/** Where the report that goes on behind these bytes may have begun. */
function reportBegin(bytes: Buffer): number {
  const begin = bytes.lastIndexOf(BEGIN_NEEDLE);
  if (begin >= 0) return begin;
  const facts = FACT_NEEDLES.map((needle) => bytes.indexOf(needle)).filter((at) => at >= 0);
  return facts.length > 0 ? Math.min(...facts) : bytes.length;
}
