import { MINUTE, SECOND, type Micros } from '../../lib/time.ts';
import { kubeletPatienceUs } from '../../model/kubelet-patience.ts';
import type { Subject } from '../../model/witness.ts';
import type { Said } from '../witness.ts';
import { evictionWords } from './eviction-words.ts';
import type { KlogLine } from './klog.ts';

/** Resources that stand for one signal alone. */
const SIGNALS: Readonly<Record<string, string>> = { memory: 'memory.available', pids: 'pid.available' };
/** What a node is short of, by its condition. */
const CONDITIONS: Readonly<Record<string, string>> = { MemoryPressure: 'memory', PIDPressure: 'pids' };
/** From the ranking to the first container's end kubelet takes no longer. */
const RANKED_US = 10 * SECOND;
/** Between lack and ranking kubelet deletes images and dead containers; a call to the runtime may take two minutes. */
const RECLAIM_US = 2 * MINUTE;
/** What it says when it has waited for an evicted pod comes a little later. */
const SLACK_US = 5 * SECOND;
const MAX_DETAIL = 600;

/** One round of the manager (eviction_manager.go, synchronize), which waits for the one pod that it evicts at most. */
interface Round {
  readonly resource: string | null;
  readonly sinceUs: Micros | null;
  /** Until when word of the evicted pod's end is this round's. */
  readonly untilUs: Micros | null;
  /** Whose turn it is, the next first; null before they are ranked. */
  readonly ranked: readonly Partial<Subject>[] | null;
  /** Its eviction has been told of, by its first container's stop. */
  readonly begun: boolean;
}

/**
 * kubelet's eviction manager tells an eviction in several lines: what it lacks, the pods in the order of their turn,
 * those that it may not evict, and (when the pod is gone, or has not gone) its success. Remembers what came before in the
 * same round, and nothing of earlier ones: who is evicted for a limit of its own is evicted without a word of what the node lacks.
 * A kubelet that was restarted on a node under pressure admits its running pods anew, or ends them with the same reason.
 */
export class Evictions {
  #round: Round | null = null;

  /** What the line says of an eviction; null where it is none of the eviction manager's lines. */
  read(line: KlogLine, atUs: Micros | null): readonly Said[] | null {
    const said = evictionWords(line);
    if (said === null) return null;
    const round = this.#round;
    switch (said.what) {
      case 'reclaim':
        this.#round = { resource: said.resource, sinceUs: atUs, untilUs: later(atUs, kubeletPatienceUs(null) + SLACK_US), ranked: null, begun: false };
        return [];
      case 'ranked': {
        const resource = round?.ranked === null && isBefore(atUs, later(round.sinceUs, RECLAIM_US)) ? round.resource : null;
        this.#round = { resource, sinceUs: atUs, untilUs: later(atUs, kubeletPatienceUs(null) + SLACK_US), ranked: said.pods, begun: false };
        return [];
      }
      case 'spared':
        if (round?.ranked) this.#round = { ...round, ranked: round.ranked.filter((pod) => !isSame(pod, said.pod)) };
        return [];
      case 'nobody':
        this.#round = null;
        return [];
      case 'evicted':
        // The pod's own message says what it is for. It comes first; that the pod is gone comes last, and ends the round.
        if (said.message !== null) return [eviction(said.pod, said.message, null)];
        this.#round = null;
        return [eviction(said.pod, null, lackOf(round, said.pod, atUs))];
      case 'refused':
        return [eviction(said.pod, `not admitted again, for the node has ${said.conditions}`, CONDITIONS[said.conditions] ?? null)];
    }
  }

  /** kubelet begins to stop a container: whose turn it is, is evicted now. Null names a pod that the line does not. */
  stopping(pod: Partial<Subject> | null, graceMs: number | null, atUs: Micros | null): readonly Said[] {
    const round = this.#round;
    const first = round?.ranked?.[0];
    if (!round || !first || round.begun || !isBefore(atUs, later(round.sinceUs, RANKED_US))) return [];
    if (pod !== null && !isSame(pod, first)) return [];
    this.#round = { ...round, begun: true, untilUs: later(atUs, kubeletPatienceUs(graceMs) + SLACK_US) };
    return [{ ...eviction(first, null, round.resource), atUs: round.sinceUs }];
  }
}

/** What the node lacked when this pod was evicted; null where that is not this round's word. */
function lackOf(round: Round | null, pod: Partial<Subject>, atUs: Micros | null): string | null {
  if (round === null || !isBefore(atUs, round.untilUs)) return null;
  const [first] = round.ranked ?? [pod];
  return first && isSame(first, pod) ? round.resource : null;
}

function isSame(a: Partial<Subject>, b: Partial<Subject>): boolean {
  return a.podName === b.podName && a.podNamespace === b.podNamespace;
}

function later(us: Micros | null, byUs: Micros): Micros | null {
  return us === null ? null : us + byUs;
}

/** What has no time is not known to be. */
function isBefore(us: Micros | null, endUs: Micros | null): boolean {
  return us !== null && endUs !== null && us <= endUs;
}

/** `The node was low on resource: memory. Threshold quantity: 750Mi, available: 225800Ki. Container …` */
function eviction(about: Partial<Subject>, message: string | null, lacking: string | null): Said {
  const low = /^The node was low on resource: ([a-z-]+)/.exec(message ?? '')?.[1] ?? null;
  const figures = /Threshold quantity: ([0-9.]+[A-Za-z]*), available: ([0-9.]+[A-Za-z]*)/.exec(message ?? '');
  const limit = message?.includes('exceed') === true && low === null;
  const resource = low ?? (limit ? null : lacking);
  return {
    kind: 'eviction',
    signal: resource === null ? null : (SIGNALS[resource] ?? null),
    resource,
    thresholdText: figures?.[1] ?? null,
    observedText: figures?.[2] ?? null,
    limit,
    detail: message?.slice(0, MAX_DETAIL) ?? null,
    about,
  };
}
