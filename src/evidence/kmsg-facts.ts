import { frameKmsg } from '../kernel/framing/kmsg-record.ts';
import { WallClock, type TimeContext } from '../kernel/framing/wall-time.ts';
import type { Micros } from '../lib/time.ts';
import { factOf, type FactListener } from './fact.ts';
import type { LineReader, Witness } from './witness.ts';

const NO_FIELD = (): null => null;

/** Reads /dev/kmsg's records for what the kernel tells besides kills. What others wrote there is not the kernel's. */
export class KmsgFacts {
  readonly #source: string;
  readonly #listener: FactListener;
  readonly #clock: WallClock;
  readonly #readers: readonly (readonly [Witness, LineReader])[];

  constructor(source: string, witnesses: readonly Witness[], context: TimeContext, listener: FactListener) {
    this.#source = source;
    this.#listener = listener;
    this.#clock = new WallClock(context);
    this.#readers = witnesses.filter(({ transports, units }) => transports.includes('kernel') && units.length === 0).map((witness) => [witness, witness.reader(this.#clock)]);
  }

  /** `readUs`: when it was read, if it was read as it was written; the kernel's own clock drifts. */
  push(record: string, readUs: Micros | null): void {
    const framed = frameKmsg(record, this.#clock);
    // What is not the kernel's is counted where kills are read.
    if ('drop' in framed) return;
    const { text, raw, timeUs } = framed.line;
    const atUs = readUs ?? timeUs;
    for (const [witness, reader] of this.#readers) {
      const told = reader({ text, timeUs: atUs, field: NO_FIELD });
      if ('drop' in told) continue;
      for (const said of told) {
        const fact = factOf(said, { witness: witness.name, source: this.#source, trust: 'proven', timeUs: atUs, raw });
        if (fact === null) this.#listener.drop('no-identity');
        else this.#listener.fact(fact);
      }
    }
  }

  end(): void {
    // Every record was whole.
  }
}
