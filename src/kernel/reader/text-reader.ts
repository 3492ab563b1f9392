import { RecordGatherer } from '../framing/record-gatherer.ts';
import { TextFraming, type TextFormat } from '../framing/text-line.ts';
import type { TimeContext } from '../framing/wall-time.ts';
import type { KillListener } from '../report/assembler.ts';
import { Machines } from '../report/machines.ts';
import { Drops } from './drops.ts';
import { LineSplitter } from './line-splitter.ts';

export interface ReaderOptions {
  readonly format?: TextFormat;
  /** Keep the tables of a report in its raw lines too. */
  readonly fullRaw?: boolean;
}

/** Reads every line of a text log in any framing: bytes in, kills out. The plain way; BulkReader is the fast one. */
export class TextReader {
  readonly drops = new Drops();
  #lines = 0;
  readonly #source: string;
  readonly #framing: TextFraming;
  /** Null in formats whose records take one line each. */
  readonly #gatherer: RecordGatherer | null;
  readonly #machines: Machines;
  readonly #splitter: LineSplitter;

  constructor(source: string, context: TimeContext, listener: KillListener, options: ReaderOptions = {}) {
    this.#source = source;
    this.#framing = new TextFraming(context, options.format);
    const format = options.format ?? 'auto';
    this.#gatherer = format === 'auto' || format === 'journal-json' ? new RecordGatherer() : null;
    this.#machines = new Machines(listener, options.fullRaw);
    this.#splitter = new LineSplitter(
      (line, at) => {
        this.#line(line.toString('utf8'), at);
      },
      () => {
        this.drops.count('line-too-long');
      },
    );
  }

  get lines(): number {
    return this.#lines;
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** Gives back the bytes of a last line whose end has not come. */
  takeRest(): Buffer {
    return this.#splitter.takeRest();
  }

  /** Bytes were passed over that hold nothing of a report: what comes next begins a line there. */
  skipTo(at: number): void {
    if (at !== this.#splitter.at) this.#gathered(at);
    this.#splitter.skipTo(at);
  }

  get holding(): boolean {
    return this.#machines.holding;
  }

  idle(): void {
    this.#machines.idle();
  }

  end(): void {
    this.#splitter.end();
    this.#gathered(this.#splitter.at);
    this.#machines.end();
  }

  /** Nothing more comes for a record that was begun. */
  #gathered(at: number): void {
    for (const line of this.#gatherer?.flush() ?? []) this.#framed(line, at);
  }

  #line(text: string, at: number): void {
    this.#lines += 1;
    for (const line of this.#gatherer?.push(text) ?? [text]) this.#framed(line, at);
  }

  #framed(line: string, at: number): void {
    const framed = this.#framing.frame(line);
    if ('drop' in framed) this.drops.count(framed.drop);
    else this.#machines.push({ ...framed.line, at, source: this.#source });
  }
}
