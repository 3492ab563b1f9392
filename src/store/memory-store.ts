import { type Micros, parseTime } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Verdict } from '../model/verdict.ts';
import { EventRing } from './event-ring.ts';
import { byId, byTarget } from './find-verdicts.ts';
import type { OomKillQuery, Store, StoreEvent, VerdictQuery } from './store.ts';
import { Timeline } from './timeline.ts';

export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1_000;
const DEFAULT_MAX_BYTES = 12 * 1_048_576;

export interface MemoryStoreOptions {
  /** Verdicts and kills held, each; the oldest make room. */
  readonly maxVerdicts?: number | undefined;
  readonly maxOomKills?: number | undefined;
  /** Bytes of JSON held of verdicts and of kills, each: a count alone does not bound what long reports take. */
  readonly maxBytes?: number;
  /** Changes held for readers that resume. */
  readonly maxEvents?: number;
  /** Id of the first change; the time of the start, in production. */
  readonly firstEventId?: number;
}

/** A Store in memory, bounded by count and by bytes. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const verdicts = new Timeline<Verdict>(options.maxVerdicts ?? 5_000, maxBytes);
  const kills = new Timeline<OomKill>(options.maxOomKills ?? 5_000, maxBytes);
  const ring = new EventRing(options.maxEvents ?? 500, options.firstEventId ?? 1);
  const listeners = new Set<(event: StoreEvent) => void>();

  function tell(make: (id: number) => StoreEvent): void {
    const event = ring.push(make);
    for (const listener of listeners) listener(event);
  }

  return {
    putVerdict(verdict) {
      const held = verdicts.get(verdict.id);
      if (held && held.revision > verdict.revision) return;
      verdicts.put(verdict.id, parseTime(verdict.exit.finishedAt), verdict);
      tell((id) => ({ id, type: 'verdict', data: verdict }));
    },
    putOomKill(kill) {
      kills.put(kill.id, timeOf(kill), kill);
      tell((id) => ({ id, type: 'oom-kill', data: kill }));
    },
    verdict(given) {
      const found = byId(verdicts.newestFirst(), given);
      return found === 'ambiguous' ? found : (found[0] ?? null);
    },
    oomKill: (id) => kills.get(id),
    verdicts: (query) => verdicts.page({ ...pageOf(query), where: verdictFilter(query) }),
    oomKills: (query) => kills.page({ ...pageOf(query), where: killFilter(query) }),
    explain: (target) => byTarget(verdicts.newestFirst(), target),
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    eventsAfter: (id) => ring.after(id),
    counts: () => ({ verdicts: verdicts.counts, oomKills: kills.counts }),
  };
}

function pageOf({ limit = DEFAULT_PAGE, cursor }: VerdictQuery | OomKillQuery) {
  return { limit: Math.min(Math.max(1, limit), MAX_PAGE), cursor };
}

const timeOf = (kill: OomKill): Micros | null => (kill.time === null ? null : parseTime(kill.time));

function within(at: Micros | null, { since, until }: VerdictQuery | OomKillQuery): boolean {
  if (since === undefined && until === undefined) return true;
  return at !== null && at >= (since ?? -Infinity) && at < (until ?? Infinity);
}

const fits = <T>(asked: T | undefined, value: T | null): boolean => asked === undefined || asked === value;

function verdictFilter(query: VerdictQuery): (verdict: Verdict) => boolean {
  return ({ container, exit, cause, family }) =>
    fits(query.code, exit.code) &&
    fits(query.cause, cause) &&
    fits(query.family, family) &&
    fits(query.namespace, container.podNamespace) &&
    fits(query.pod, container.podName) &&
    (fits(query.container, container.containerName) || query.container === container.containerId) &&
    within(parseTime(exit.finishedAt), query);
}

function killFilter(query: OomKillQuery): (kill: OomKill) => boolean {
  return (kill) =>
    fits(query.scope, kill.scope) &&
    fits(query.level, kill.level) &&
    fits(query.pod, kill.podUid) &&
    (query.container === undefined || (kill.containerId?.startsWith(query.container) ?? false)) &&
    within(timeOf(kill), query);
}
