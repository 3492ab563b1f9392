import type { JournalRecord } from '../kernel/framing/journal-json.ts';
import type { TimeContext } from '../kernel/framing/wall-time.ts';
import { OnePerSource } from '../lib/one-per-source.ts';
import type { Micros } from '../lib/time.ts';
import type { WitnessName } from '../model/witness.ts';
import type { FactListener } from './fact.ts';
import { JournalFacts } from './journal-facts.ts';
import { KmsgFacts } from './kmsg-facts.ts';
import { TextFacts } from './text-facts.ts';
import { WITNESSES } from './witnesses.ts';

type Reader = JournalFacts | KmsgFacts | TextFacts;

export interface FactReadersOptions {
  readonly time: TimeContext;
  /** Of a text log, whose times may have neither year nor zone. */
  readonly textTime: () => TimeContext;
  readonly listener: (source: string) => FactListener;
  /** The one witness whose log a source is; undefined where several write to it. */
  readonly only: (source: string) => WitnessName | undefined;
}

/** One reader a source of what witnesses wrote, made when it is first told something. */
export class FactReaders {
  readonly #options: FactReadersOptions;
  readonly #readers = new OnePerSource<Reader>();

  constructor(options: FactReadersOptions) {
    this.#options = options;
  }

  journal(source: string, record: JournalRecord): void {
    this.#readers.of(source, JournalFacts, () => new JournalFacts(source, WITNESSES, this.#options.listener(source))).push(record);
  }

  kmsg(source: string, record: string, readUs: Micros | null): void {
    const { time, listener } = this.#options;
    this.#readers.of(source, KmsgFacts, () => new KmsgFacts(source, WITNESSES, time, listener(source))).push(record, readUs);
  }

  /** `begin`: what comes next is the begin of another file. */
  text(source: string, begin: boolean, chunk: Uint8Array): void {
    if (begin) this.#readers.begin(source);
    this.#readers.of(source, TextFacts, () => this.#textFacts(source)).push(chunk);
  }

  end(): void {
    this.#readers.end();
  }

  #textFacts(source: string): TextFacts {
    const { textTime, listener, only } = this.#options;
    return new TextFacts(source, WITNESSES, textTime(), listener(source), WITNESSES.find(({ name }) => name === only(source)) ?? null);
  }
}
