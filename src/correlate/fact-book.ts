import { MINUTE, SECOND, type Micros } from '../lib/time.ts';
import type { Subject, WitnessFact } from '../model/witness.ts';
import type { Life } from './belongs.ts';
import { subjectKeys } from './join-keys.ts';
import { KeyIndex } from './key-index.ts';

/** Two logs tell the same with times that differ by less: whole seconds, a busy node. */
const SAME_US = 2 * SECOND;
/** Clocks of two witnesses of one node differ by so much. */
const SLACK_US = 2 * SECOND;
/** What is told so long after the end may still be of it: kubelet finds an end out by looking. */
const LATE_US = 10 * SECOND;
/** kubelet tells of an eviction when the whole pod has ended, which takes as long as the slowest of its containers. */
const TOLD_WHEN_DONE: ReadonlySet<string> = new Set(['eviction', 'preemption']);
const DONE_US = 5 * MINUTE;
/** A fact that names a process alone must lie this near before the exit: pids are used again. */
const PID_WINDOW_US = 5 * MINUTE;

/** Facts that witnesses told, by whom they tell of; bounded, the oldest is forgotten first. */
export class FactBook {
  readonly #max: number;
  readonly #kept = new Set<WitnessFact>();
  readonly #byKey = new KeyIndex<WitnessFact>();
  #tellsOfStops = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a fact; false when it was known already, as well proven. */
  add(fact: WitnessFact): boolean {
    if (fact.kind === 'stop-request' && fact.by === 'kubelet' && fact.trust !== 'text') this.#tellsOfStops = true;
    const keys = subjectKeys(fact.about);
    const same = [...this.#byKey.find(keys)].find((known) => isSame(known, fact));
    if (same && (same.trust !== 'text' || fact.trust === 'text')) return false;
    if (same) this.#forget(same);
    this.#kept.add(fact);
    this.#byKey.set(fact, keys);
    const [oldest] = this.#kept;
    if (this.#kept.size > this.#max && oldest) this.#forget(oldest);
    return true;
  }

  /** kubelet has told of somebody's stop, and it is proven to be its word: it logs as much as that takes. */
  get tellsOfStops(): boolean {
    return this.#tellsOfStops;
  }

  /** Facts that go by any of these names, oldest first. */
  find(keys: readonly string[]): WitnessFact[] {
    return [...this.#byKey.find(keys)].sort((a, b) => (a.atUs ?? 0) - (b.atUs ?? 0));
  }

  #forget(fact: WitnessFact): void {
    this.#kept.delete(fact);
    this.#byKey.delete(fact);
  }
}

/** The same thing told by two logs, or twice by one that is read from two places. */
function isSame(one: WitnessFact, other: WitnessFact): boolean {
  if (one.kind !== other.kind || one.witness !== other.witness) return false;
  if (one.source === other.source && one.raw === other.raw && one.atUs === other.atUs) return true;
  // One log may say the same of several ends; two logs say the same once each.
  if (one.source === other.source || one.atUs === null || other.atUs === null || Math.abs(one.atUs - other.atUs) > SAME_US) return false;
  return saidOf(one) === saidOf(other);
}

function saidOf(fact: WitnessFact): string {
  const { atUs: _at, source: _source, trust: _trust, raw: _raw, ...said } = fact;
  return JSON.stringify(said);
}

/**
 * Whether a fact is of this life of this container: every name that both give must agree, one of them must name it, and
 * it must have been told while the container lived or shortly after. Never by time alone.
 */
export function tellsOf(fact: WitnessFact, life: Life): boolean {
  if (fact.atUs !== null && !wasToldInTime(fact, fact.atUs, life)) return false;
  const { about, atUs } = fact;
  const { exit, finishedUs } = life;
  const pairs: readonly (readonly [string | number | null, string | number | null])[] = [
    [about.containerId, exit.containerId],
    [about.podUid, exit.podUid],
    [about.podNamespace, exit.podNamespace],
    [about.podName, exit.podName],
    [about.containerName, exit.containerName],
  ];
  if (pairs.some(([said, known]) => said !== null && known !== null && known !== '' && said !== known)) return false;
  const named = namesPod(about, exit) || about.containerId === exit.containerId || about.cgroup !== null;
  if (named) return true;
  return about.pid !== null && about.pid === exit.initPid && (atUs === null || atUs >= finishedUs - PID_WINDOW_US);
}

function wasToldInTime({ kind }: WitnessFact, atUs: Micros, { startedUs, finishedUs, nextStartUs }: Life): boolean {
  if (atUs > finishedUs + (TOLD_WHEN_DONE.has(kind) ? DONE_US : LATE_US) || (nextStartUs !== null && atUs > nextStartUs)) return false;
  if (startedUs !== null && atUs < startedUs - SLACK_US) return false;
  // With every end a shim goes: only one that went before it tells anything.
  return kind !== 'shim-gone' || atUs < finishedUs;
}

function namesPod(about: Subject, { podUid, podNamespace, podName }: Life['exit']): boolean {
  if (about.podUid !== null && podUid !== null && podUid !== '') return about.podUid === podUid;
  return about.podName !== null && about.podName === podName && about.podNamespace === podNamespace;
}
