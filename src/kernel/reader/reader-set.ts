import type { TimeContext } from '../framing/wall-time.ts';
import type { KillListener } from '../report/assembler.ts';
import type { Trust } from '../../model/oom-kill.ts';
import { BulkReader } from './bulk-reader.ts';
import { JournalReader, KmsgReader } from './record-reader.ts';

interface Reader {
  readonly holding: boolean;
  readonly drops: { toJSON(): Record<string, number> };
  idle(): void;
  end(): void;
}

export interface ReaderSetOptions {
  readonly time: TimeContext;
  /** Of a text log, whose times may have neither year nor zone. */
  readonly textTime: () => TimeContext;
  /** `trust`: a text log can look like any other carrier, line by line, and is a text log all the same. */
  readonly listener: (source: string, trust?: Trust) => KillListener;
}

/** A text log's report may be looked back for so far. */
const LOOK_BACK_BYTES = 1024 * 1024;

/** One reader a source of the kernel's log, made when it is first told something. */
export class ReaderSet {
  readonly #options: ReaderSetOptions;
  readonly #readers = new Map<string, Reader>();

  constructor(options: ReaderSetOptions) {
    this.#options = options;
  }

  journal(source: string): JournalReader {
    return this.#reader(source, JournalReader, () => new JournalReader(source, this.#options.listener(source)));
  }

  kmsg(source: string): KmsgReader {
    return this.#reader(source, KmsgReader, () => new KmsgReader(source, this.#options.time, this.#options.listener(source)));
  }

  /** `begin`: what comes next is the begin of another file. */
  text(source: string, begin: boolean): BulkReader {
    if (begin) {
      this.#readers.get(source)?.end();
      this.#readers.delete(source);
    }
    return this.#reader(source, BulkReader, () => new BulkReader(source, this.#options.textTime(), this.#options.listener(source, 'text'), { lookBack: LOOK_BACK_BYTES }));
  }

  /** Whether a line or a report waits for its rest. */
  get holding(): boolean {
    return [...this.#readers.values()].some((reader) => reader.holding);
  }

  /** The rest of what was begun does not come. */
  idle(): void {
    for (const reader of this.#readers.values()) if (reader.holding) reader.idle();
  }

  end(): void {
    for (const reader of this.#readers.values()) reader.end();
  }

  /** Records of a source that were not used, by reason. */
  drops(source: string): Record<string, number> {
    return this.#readers.get(source)?.drops.toJSON() ?? {};
  }

  #reader<R extends Reader>(source: string, kind: abstract new (...args: never[]) => R, make: () => R): R {
    const known = this.#readers.get(source);
    if (known instanceof kind) return known;
    const reader = make();
    this.#readers.set(source, reader);
    return reader;
  }
}
