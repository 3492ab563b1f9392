import type { Micros } from '../lib/time.ts';
import type { Cause, Family } from '../model/cause.ts';
import type { Level, OomKill, Scope } from '../model/oom-kill.ts';
import type { Page } from '../model/page.ts';
import type { Verdict } from '../model/verdict.ts';

/** `since` is inclusive, `until` exclusive; `limit` counts items; `cursor` is the `next` of the page before. */
interface PageQuery {
  readonly since?: Micros | undefined;
  readonly until?: Micros | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** What is left out matches everything. `container` is a container's name or its id. */
export interface VerdictQuery extends PageQuery {
  readonly code?: number | undefined;
  readonly cause?: Cause | undefined;
  readonly family?: Family | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
}

/** A kill knows ids, not names: `container` is a container id (or the beginning of one), `pod` a pod uid. */
export interface OomKillQuery extends PageQuery {
  readonly scope?: Scope | undefined;
  readonly level?: Level | undefined;
  readonly container?: string | undefined;
  readonly pod?: string | undefined;
}

/** One change, numbered in the order of arrival; numbers grow, also across restarts of the agent. */
export type StoreEvent =
  | { readonly id: number; readonly type: 'verdict'; readonly data: Verdict }
  | { readonly id: number; readonly type: 'oom-kill'; readonly data: OomKill };

/** `complete` is false when changes after the asked id are no longer held. */
export interface StoreEvents {
  readonly events: readonly StoreEvent[];
  readonly complete: boolean;
}

export interface Counts {
  readonly held: number;
  readonly evicted: number;
}

/**
 * What the agent knows. Reads never change anything; writes are upserts by id and are told to every listener. A
 * durable implementation has to keep the same order and the same cursors.
 */
export interface Store {
  /** Adds the verdict, or replaces an earlier revision of it; an older revision than the one held is ignored. */
  putVerdict(verdict: Verdict): void;
  /** Adds the kill, or replaces what was known of it. */
  putOomKill(kill: OomKill): void;
  /** By verdict id, container id (its newest exit), or a prefix of either that fits one container only. */
  verdict(idOrContainerIdOrUniquePrefix: string): Verdict | 'ambiguous' | null;
  oomKill(id: string): OomKill | null;
  /** Newest exit first. Throws Why137Error W137_BAD_REQUEST for a cursor that this store did not give. */
  verdicts(query: VerdictQuery): Page<Verdict>;
  /** Newest kill first; a kill whose time is unknown lies in no interval. Throws as `verdicts` does. */
  oomKills(query: OomKillQuery): Page<OomKill>;
  /**
   * Every verdict of a pod (`namespace/pod` or its name), of one container in it (`namespace/pod/container`), or of a
   * container id or unique prefix (with or without `containerd://`), newest first.
   */
  explain(target: string): readonly Verdict[] | 'ambiguous';
  /** Calls back after every change until the returned function is called. A listener must not throw. */
  onChange(listener: (event: StoreEvent) => void): () => void;
  /** The changes after that event that are still held, oldest first. */
  eventsAfter(id: number): StoreEvents;
  /** How many items are held, and how many had to make room so far. */
  counts(): { readonly verdicts: Counts; readonly oomKills: Counts };
}
