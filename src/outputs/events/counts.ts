import { TROUBLES, type Trouble } from './answer.ts';

/** Why an Event was never written; each is a label of a metric. */
export const DROPS = ['queue-full', 'expired', 'namespace-gone', 'rejected', 'stopped'] as const;
export type Drop = (typeof DROPS)[number];

/** Since the start; read by the metrics at every scrape. */
export interface EventCounts {
  readonly pending: number;
  readonly written: Readonly<Record<'create' | 'patch', number>>;
  readonly failed: ReadonlyMap<Trouble, number>;
  readonly dropped: ReadonlyMap<Drop, number>;
}

export class EventsCounter {
  readonly written = { create: 0, patch: 0 };
  readonly failed = new Map<Trouble, number>(TROUBLES.map((trouble) => [trouble, 0]));
  readonly dropped = new Map<Drop, number>(DROPS.map((drop) => [drop, 0]));

  failure(trouble: Trouble): void {
    this.failed.set(trouble, (this.failed.get(trouble) ?? 0) + 1);
  }

  drop(reason: Drop, count: number): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }
}
