import type { Clock } from '../../host/clock.ts';
import { Backoff } from '../../lib/backoff.ts';
import { HOUR, MS, type Micros } from '../../lib/time.ts';
import type { Answer } from './answer.ts';
import type { ApiClient } from './api-client.ts';
import type { Drop, EventsCounter } from './counts.ts';
import { changesOf, eventOf, type Notice } from './event.ts';
import { Pending } from './pending.ts';
import { RateLimit } from './rate-limit.ts';
import type { Speaker } from './speaker.ts';

export interface PublisherOptions {
  readonly clock: Clock;
  readonly nodeName: string;
  /** Made when the first Event is written. */
  readonly connect: () => Promise<ApiClient>;
  readonly counter: EventsCounter;
  readonly speaker: Speaker;
  readonly maxPending?: number;
  readonly backoff?: Backoff;
  /** What spreads the waiting times; from 0 up to 1. */
  readonly random?: () => number;
  readonly rate?: RateLimit;
}

/** About an exit longer ago than this an Event says nothing new; the API server itself forgets Events after an hour. */
export const STALE_US = HOUR;
/** A storm on a full node, with room for the API server to be away for a while. */
const MAX_PENDING = 500;
const MAX_BACKOFF_MS = 60_000;
/** However long the API server wishes. */
const MAX_PAUSE_MS = 600_000;
const MAX_NAMES = 1_000;

/** Writes Events one after another, at a bounded rate, again after trouble; whoever hands one over never waits. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #pending: Pending;
  readonly #rate: RateLimit;
  readonly #backoff: Backoff;
  /** Events that are known to be there: the next word of them is a patch. */
  readonly #written = new Set<string>();
  #client: ApiClient | null = null;
  #pausedUs: Micros = 0;
  #busy = false;
  #closing = false;
  #forget: () => void = () => undefined;
  #idle: () => void = () => undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const random = options.random ?? Math.random;
    this.#pending = new Pending(options.maxPending ?? MAX_PENDING, random);
    this.#rate = options.rate ?? new RateLimit(30, 2);
    this.#backoff = options.backoff ?? new Backoff(1_000, MAX_BACKOFF_MS, random);
  }

  get pending(): number {
    return this.#pending.size + (this.#busy ? 1 : 0);
  }

  publish(notice: Notice): void {
    if (this.#closing || !this.#pending.put(notice)) this.#drop(this.#closing ? 'stopped' : 'queue-full');
    this.#arm();
  }

  /** Writes what waits, if that can be done at once; what is left after so many milliseconds is dropped. */
  async close(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#closing = true;
    await new Promise<void>((resolve) => {
      const forget = clock.after(timeoutMs, resolve);
      this.#idle = () => {
        forget();
        resolve();
      };
      this.#arm();
    });
    this.#forget();
    if (this.pending > 0) this.#drop('stopped', this.pending);
    this.#client?.close();
  }

  /** Looks again when the next one may be written. */
  #arm(): void {
    if (this.#busy) return;
    this.#forget();
    const { clock } = this.#options;
    const now = clock.now();
    const due = this.#pending.dueUs(now);
    const isHeldUp = due === null || due > now || this.#pausedUs > now;
    if (this.#closing && isHeldUp) {
      this.#idle();
      return;
    }
    if (due === null) return;
    const rateUs = this.#closing ? 0 : this.#rate.waitUs(now);
    const ms = (Math.max(due, this.#pausedUs, now + rateUs) - now) / MS;
    this.#forget = clock.after(Math.min(ms, MAX_PAUSE_MS), () => void this.#next());
  }

  async #next(): Promise<void> {
    const { clock } = this.#options;
    const expired = this.#pending.expire(clock.now() - STALE_US);
    if (expired > 0) this.#drop('expired', expired);
    const notice = this.#pending.take(clock.now());
    if (notice !== null) {
      this.#busy = true;
      this.#rate.take(clock.now());
      const answer = await this.#write(notice).catch((error: unknown): Answer => ({ type: 'later', trouble: 'unreachable', why: String(error), afterMs: null }));
      this.#busy = false;
      if (answer.type === 'later') this.#later(notice, answer);
      else if (answer.type === 'written') this.#succeeded(notice);
      else this.#never(answer.type === 'never' ? answer : { reason: 'namespace-gone', why: `there is no namespace ${notice.subject.namespace}` });
    }
    this.#arm();
  }

  /** Creates it, or patches it where it is there already; what is there is known by what the API server says. */
  async #write(notice: Notice): Promise<Answer> {
    const { connect, nodeName, counter } = this.#options;
    const client = (this.#client ??= await connect());
    const events = `/api/v1/namespaces/${encodeURIComponent(notice.subject.namespace)}/events`;
    const create = () => client.send('POST', events, eventOf(notice, nodeName));
    const patch = () => client.send('PATCH', `${events}/${encodeURIComponent(notice.name)}`, changesOf(notice));
    let operation: 'create' | 'patch' = this.#written.has(notice.name) ? 'patch' : 'create';
    let answer = await (operation === 'patch' ? patch() : create());
    if (answer.type === 'exists' || (answer.type === 'missing' && operation === 'patch')) {
      operation = answer.type === 'exists' ? 'patch' : 'create';
      answer = await (operation === 'patch' ? patch() : create());
    }
    if (answer.type === 'written') counter.written[operation] += 1;
    return answer;
  }

  #succeeded({ name, subject }: Notice): void {
    this.#written.delete(name);
    this.#written.add(name);
    const [oldest] = this.#written;
    if (this.#written.size > MAX_NAMES && oldest !== undefined) this.#written.delete(oldest);
    this.#pending.accepted(subject.namespace);
    this.#backoff.reset();
    this.#options.speaker.wellAgain();
  }

  #never({ reason, why }: { readonly reason: 'namespace-gone' | 'rejected'; readonly why: string }): void {
    if (reason === 'rejected') this.#options.speaker.rejected(why);
    this.#drop(reason);
  }

  #later(notice: Notice, { trouble, why, afterMs }: Extract<Answer, { type: 'later' }>): void {
    const { clock, counter, speaker } = this.#options;
    counter.failure(trouble);
    if (!this.#pending.putBack(notice)) this.#drop('queue-full');
    if (trouble === 'forbidden') {
      this.#pending.refused(notice.subject.namespace, clock.now());
      speaker.refused(notice.subject.namespace, why);
      return;
    }
    const ms = Math.min(MAX_PAUSE_MS, Math.max(afterMs ?? 0, this.#backoff.next()));
    this.#pausedUs = clock.now() + ms * MS;
    speaker.trouble(trouble, why, this.pending);
  }

  #drop(reason: Drop, count = 1): void {
    this.#options.counter.drop(reason, count);
    this.#options.speaker.dropped(reason, count);
  }
}
