import { OnePerSource } from '../../lib/one-per-source.ts';
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
  readonly #readers = new OnePerSource<Reader>();

  constructor(options: ReaderSetOptions) {
    this.#options = options;
  }

  journal(source: string): JournalReader {
    return this.#readers.of(source, JournalReader, () => new JournalReader(source, this.#options.listener(source)));
  }

  kmsg(source: string): KmsgReader {
    return this.#readers.of(source, KmsgReader, () => new KmsgReader(source, this.#options.time, this.#options.listener(source)));
  }

  /** `begin`: what comes next is the begin of another file. */
  text(source: string, begin: boolean): BulkReader {
    if (begin) this.#readers.begin(source);
    return this.#readers.of(source, BulkReader, () => new BulkReader(source, this.#options.textTime(), this.#options.listener(source, 'text'), { lookBack: LOOK_BACK_BYTES }));
  }

  /** Whether a line or a report waits for its rest. */
  get holding(): boolean {
    return [...this.#readers.all].some((reader) => reader.holding);
  }

  /** The rest of what was begun does not come. */
  idle(): void {
    for (const reader of this.#readers.all) if (reader.holding) reader.idle();
  }

  end(): void {
    this.#readers.end();
  }

  /** Records of a source that were not used, by reason. */
  drops(source: string): Record<string, number> {
    return this.#readers.get(source)?.drops.toJSON() ?? {};
  }
}
