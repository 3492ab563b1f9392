import type { Clock } from '../host/clock.ts';
import { saySome } from '../lib/say-some.ts';
import type { Micros } from '../lib/time.ts';
import { RPC_STATUS, RpcError } from './grpc/rpc-error.ts';

/** How often a runtime's list is compared with what its events told: a list costs more than a sign of life. */
export const COMPARE_MS = 60_000;

/**
 * Finds out a stream of events that hangs while the runtime answers. Told to look at every heartbeat, it asks now and then
 * of which containers the list says what no event has told, and asks again at the next one: if it still says the same of
 * one, and no event at all has come between, the stream is deaf. One that is merely behind brings some.
 */
export class Deafness {
  readonly #clock: Clock;
  readonly #unheard: () => Promise<ReadonlySet<string>>;
  readonly #compareUs: Micros;
  #comparedUs: Micros;
  #suspects: ReadonlySet<string> = new Set();
  #events = 0;

  /** `unheard` must not throw. */
  constructor(clock: Clock, unheard: () => Promise<ReadonlySet<string>>, compareMs: number) {
    this.#clock = clock;
    this.#unheard = unheard;
    this.#compareUs = compareMs * 1_000;
    this.#comparedUs = clock.now();
  }

  /** An event came. */
  event(): void {
    this.#events += 1;
    this.#suspects = new Set();
  }

  /** @throws {RpcError} when the stream is deaf */
  async look(): Promise<void> {
    const before = this.#suspects;
    const now = this.#clock.now();
    // A clock that was set back must not put it off.
    const isDue = now - this.#comparedUs >= this.#compareUs || now < this.#comparedUs;
    if (before.size === 0 && !isDue) return;
    this.#comparedUs = now;
    const events = this.#events;
    const unheard = await this.#unheard();
    if (this.#events !== events) return;
    const still = [...unheard].filter((one) => before.has(one));
    if (still.length > 0) throw new RpcError(RPC_STATUS.UNAVAILABLE, `its stream of events hangs: it has told nothing of ${String(still.length)} container(s) that started or ended (${saySome(still)})`);
    this.#suspects = unheard;
  }
}
