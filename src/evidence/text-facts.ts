import { stripCarrier } from '../kernel/framing/carrier.ts';
import { WallClock, type TimeContext } from '../kernel/framing/wall-time.ts';
import { factOf, type FactListener } from './fact.ts';
import type { LineReader, Witness } from './witness.ts';

/** Longest line that is read. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 10;
const NO_FIELD = (): null => null;

/**
 * Reads a text log that many programs write: looks for the witnesses' tags in the bytes, and decodes only lines that have
 * one. With `only`, every line of the file is that witness's own. A text proves nothing of who wrote it.
 */
export class TextFacts {
  readonly #source: string;
  readonly #listener: FactListener;
  readonly #clock: WallClock;
  readonly #only: Witness | null;
  readonly #byTag = new Map<string, Witness>();
  readonly #patterns = new Map<Witness, RegExp>();
  readonly #needles: readonly Buffer[];
  readonly #readers = new Map<Witness, LineReader>();
  /** A line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #tooLong = false;

  constructor(source: string, witnesses: readonly Witness[], context: TimeContext, listener: FactListener, only: Witness | null = null) {
    this.#source = source;
    this.#listener = listener;
    this.#clock = new WallClock(context);
    this.#only = only;
    for (const witness of witnesses) {
      this.#patterns.set(witness, new RegExp(witness.pattern));
      for (const tag of witness.tags) this.#byTag.set(tag, witness);
    }
    this.#needles = only === null ? needlesOf(witnesses.flatMap(({ tags, needles }) => needles ?? tags)) : (only.needles ?? []).map((needle) => Buffer.from(needle));
  }

  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) {
      this.#keep(chunk);
      return;
    }
    this.#keep(chunk.subarray(0, first));
    this.#endLine();
    const last = chunk.lastIndexOf(NEWLINE);
    for (const line of this.#wanted(chunk.subarray(first + 1, last + 1))) this.#line(line);
    this.#keep(chunk.subarray(last + 1));
  }

  end(): void {
    this.#endLine();
  }

  #keep(piece: Buffer): void {
    if (this.#tooLong || piece.length === 0) return;
    this.#tooLong = this.#rest.length + piece.length > MAX_LINE_BYTES;
    this.#rest = this.#tooLong ? Buffer.alloc(0) : Buffer.concat([this.#rest, piece]);
  }

  #endLine(): void {
    const line = this.#rest;
    if (this.#tooLong) this.#listener.drop('line-too-long');
    this.#rest = Buffer.alloc(0);
    this.#tooLong = false;
    if (line.length > 0 && ((this.#only !== null && this.#needles.length === 0) || this.#needles.some((needle) => line.includes(needle)))) this.#line(line);
  }

  /** Whole lines that may be a witness's, in their order. */
  #wanted(lines: Buffer): readonly Buffer[] {
    const found = new Map<number, number>();
    for (const needle of this.#needles) {
      for (let at = lines.indexOf(needle); at >= 0; ) {
        const end = lines.indexOf(NEWLINE, at);
        found.set(at === 0 ? 0 : lines.lastIndexOf(NEWLINE, at) + 1, end);
        at = lines.indexOf(needle, end);
      }
    }
    if (this.#only !== null && this.#needles.length === 0) for (let at = 0; at < lines.length; at = lines.indexOf(NEWLINE, at) + 1) found.set(at, lines.indexOf(NEWLINE, at));
    return [...found].sort(([a], [b]) => a - b).map(([from, to]) => lines.subarray(from, to));
  }

  #line(bytes: Buffer): void {
    if (bytes.length > MAX_LINE_BYTES) {
      this.#listener.drop('line-too-long');
      return;
    }
    const raw = bytes.toString('utf8').replace(/\r$/, '');
    if (this.#only !== null) {
      this.#hear(this.#only, raw, raw, null);
      return;
    }
    const carrier = stripCarrier(raw, this.#clock);
    const witness = this.#byTag.get(carrier?.tag ?? '');
    if (!carrier || !witness) this.#listener.drop('not-a-witness');
    else this.#hear(witness, carrier.text, raw, carrier.timeUs);
  }

  #hear(witness: Witness, text: string, raw: string, timeUs: number | null): void {
    if (this.#patterns.get(witness)?.test(text) === false) {
      this.#listener.drop('no-fact');
      return;
    }
    const reader = this.#readers.get(witness) ?? witness.reader(this.#clock);
    this.#readers.set(witness, reader);
    const told = reader({ text, timeUs, field: NO_FIELD });
    if ('drop' in told) {
      this.#listener.drop(told.drop);
      return;
    }
    for (const said of told) {
      const fact = factOf(said, { witness: witness.name, source: this.#source, trust: 'text', timeUs, raw });
      if (fact === null) this.#listener.drop('no-identity');
      else this.#listener.fact(fact);
    }
  }
}

/** Byte strings of which every tag holds one: the fewer, the faster. */
function needlesOf(tags: readonly string[]): readonly Buffer[] {
  const shortest = [...tags].sort((a, b) => a.length - b.length);
  return shortest.filter((tag, index) => !shortest.slice(0, index).some((other) => tag.includes(other))).map((tag) => Buffer.from(tag));
}
