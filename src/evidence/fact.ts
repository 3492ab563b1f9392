import { NOBODY, type Subject, type WitnessFact, type WitnessName, type WitnessTrust } from '../model/witness.ts';
import type { Micros } from '../lib/time.ts';
import type { Said, WitnessDrop } from './witness.ts';

/** What is kept of a line, for people. */
const MAX_RAW = 2_000;

/** What carried a fact. */
export interface Carried {
  readonly witness: WitnessName;
  readonly source: string;
  readonly trust: WitnessTrust;
  readonly timeUs: Micros | null;
  readonly raw: string;
}

/** Hears facts, and what was not used. */
export interface FactListener {
  fact(fact: WitnessFact): void;
  drop(reason: WitnessDrop): void;
}

/** A said fact with where it comes from; null when it names nobody. */
export function factOf(said: Said, { timeUs, raw, ...carried }: Carried): WitnessFact | null {
  const about: Subject = { ...NOBODY, ...said.about };
  if (!namesAnybody(about)) return null;
  return { ...said, ...carried, trust: said.trust ?? carried.trust, atUs: said.atUs ?? timeUs, raw: raw.slice(0, MAX_RAW), about };
}

/** A pod is named by its uid, or by namespace and name; a container's name alone is nobody's. */
function namesAnybody({ containerId, podUid, podNamespace, podName, pid, cgroup }: Subject): boolean {
  return containerId !== null || podUid !== null || (podNamespace !== null && podName !== null) || pid !== null || cgroup !== null;
}
