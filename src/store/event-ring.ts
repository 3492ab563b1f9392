import type { StoreEvent, StoreEvents } from './store.ts';

/** The last changes, for readers that were away for a moment. Bounded: the oldest make room. */
export class EventRing {
  readonly #events: (StoreEvent | undefined)[];
  readonly #first: number;
  #next: number;

  /** `first` is the id of the first event: the time of the start keeps ids growing across restarts. */
  constructor(capacity: number, first: number) {
    this.#events = new Array<StoreEvent | undefined>(capacity);
    this.#first = first;
    this.#next = first;
  }

  /** Holds the event that `make` gives for the next id. */
  push(make: (id: number) => StoreEvent): StoreEvent {
    const event = make(this.#next);
    this.#events[this.#next % this.#events.length] = event;
    this.#next += 1;
    return event;
  }

  /** `complete`: the asked id is of this life of the agent, and nothing after it was forgotten. */
  after(id: number): StoreEvents {
    const oldest = Math.max(this.#first, this.#next - this.#events.length);
    const known = id >= oldest - 1 && id < this.#next; // a number from the future is of another life, too
    const events: StoreEvent[] = [];
    for (let n = known ? id + 1 : oldest; n < this.#next; n += 1) {
      const event = this.#events[n % this.#events.length];
      if (event) events.push(event);
    }
    return { events, complete: known };
  }
}
