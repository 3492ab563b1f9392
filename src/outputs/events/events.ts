import type { Clock } from '../../host/clock.ts';
import { MINUTE, parseTime } from '../../lib/time.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { Log } from '../log/log.ts';
import { EventsCounter, type EventCounts } from './counts.ts';
import { EventBook } from './event-book.ts';
import type { ApiServer } from './in-cluster.ts';
import { Publisher, STALE_US, type PublisherOptions } from './publisher.ts';
import { Speaker } from './speaker.ts';

/** Events on pods, one a verdict. */
export interface Events {
  /** Returns at once, whatever the API server does. */
  verdict(verdict: Verdict): void;
  counts(): EventCounts;
  /** Writes what can be written at once, for so long at most. */
  close(timeoutMs: number): Promise<void>;
}

export interface EventsOptions extends Pick<PublisherOptions, 'backoff' | 'rate' | 'maxPending'> {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly log: Pick<Log, 'agent'>;
  readonly nodeName: string;
  readonly version: string;
  /** What an earlier run of the agent said. */
  readonly told: Iterable<Verdict>;
  readonly timeoutMs?: number;
}

/** What was said shortly before the start may not have been written yet when the agent ended: it is written again. */
const AGAIN_US = 10 * MINUTE;

export function createEvents(options: EventsOptions): Events {
  const { clock, log, nodeName, version, server, timeoutMs } = options;
  const book = new EventBook();
  const counter = new EventsCounter();
  const speaker = new Speaker(log, () => clock.now());
  const connect = async () => {
    // node:https and what it needs come with the first Event.
    const { createApiClient } = await import('./api-client.ts');
    return createApiClient({ server, clock, version, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  };
  const publisher = new Publisher({ ...options, clock, nodeName, connect, counter, speaker });

  /** About a fresh exit only: what is caught up with is of another day. */
  function tell(verdict: Verdict, freshUs: number): void {
    for (const notice of book.tell(verdict)) if (notice.lastUs >= clock.now() - freshUs) publisher.publish(notice);
  }

  const told = [...options.told].map((verdict) => ({ verdict, at: parseTime(verdict.exit.finishedAt) ?? 0 })).sort((a, b) => a.at - b.at);
  for (const { verdict } of told) tell(verdict, AGAIN_US);
  return {
    verdict(verdict) {
      tell(verdict, STALE_US);
    },
    counts: () => ({ pending: publisher.pending, written: counter.written, failed: counter.failed, dropped: counter.dropped }),
    close: (timeoutMs_) => publisher.close(timeoutMs_),
  };
}
