import { NO_TIME, WallClock } from '../kernel/framing/wall-time.ts';
import type { Micros } from '../lib/time.ts';
import { factOf, type FactListener } from './fact.ts';
import { isWrittenBy, type Field } from './origin.ts';
import type { LineReader, Witness } from './witness.ts';

/** A journal record as the witnesses see it. */
export interface WitnessRecord {
  readonly message: string | null;
  readonly realtimeUs: Micros | null;
  readonly field: Field;
}

/** Reads journal records of one source: who wrote each is journald's word. */
export class JournalFacts {
  readonly #source: string;
  readonly #listener: FactListener;
  readonly #witnesses: readonly Witness[];
  readonly #readers = new Map<Witness, LineReader>();

  constructor(source: string, witnesses: readonly Witness[], listener: FactListener) {
    this.#source = source;
    this.#witnesses = witnesses;
    this.#listener = listener;
  }

  push({ message, realtimeUs, field }: WitnessRecord): void {
    const kernel = field('_TRANSPORT') === 'kernel';
    if (message === null) {
      if (!kernel) this.#listener.drop('no-message');
      return;
    }
    const witnesses = this.#witnesses.filter((witness) => isWrittenBy(witness, field));
    // What the kernel says of memory is counted where it is read.
    if (witnesses.length === 0 && !kernel) this.#listener.drop('not-a-witness');
    for (const witness of witnesses) this.#hear(witness, message, realtimeUs, field);
  }

  end(): void {
    // Every record was whole.
  }

  #hear(witness: Witness, text: string, timeUs: Micros | null, field: Field): void {
    const reader = this.#readers.get(witness) ?? witness.reader(new WallClock(NO_TIME));
    this.#readers.set(witness, reader);
    const told = reader({ text, timeUs, field });
    if ('drop' in told) {
      if (field('_TRANSPORT') !== 'kernel') this.#listener.drop(told.drop);
      return;
    }
    for (const said of told) {
      const fact = factOf(said, { witness: witness.name, source: this.#source, trust: 'proven', timeUs, raw: text });
      if (fact === null) this.#listener.drop('no-identity');
      else this.#listener.fact(fact);
    }
  }
}
