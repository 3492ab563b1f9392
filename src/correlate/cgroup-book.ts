import { cgroupsAround } from '../lib/cgroup-paths.ts';
import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { CgroupLimit, CgroupView } from '../judge/case.ts';
import type { MemoryEvents } from '../model/memory-events.ts';
import type { Level } from '../model/oom-kill.ts';

interface Reading extends MemoryEvents {
  readonly at: Micros;
}

interface Cgroup {
  readonly level: Level;
  readonly readings: Reading[];
}

/** Whose counts are asked for, and over which life. */
export interface CountedLife {
  readonly containerId: string;
  readonly cgroup: string | null;
  readonly startedUs: Micros | null;
  /** When it had ended for certain. */
  readonly finishedUs: Micros;
}

/** Two readings of one cgroup around a death; without `before` the cgroup was made with the life that ended. */
interface Span {
  readonly before: Reading | null;
  readonly after: Reading;
}

export const NOT_COUNTED: CgroupView = { state: 'unknown', killed: null, of: null, whole: false, from: null, to: null, limit: null };

/** An exit may follow its kill by so much: what is compared with must be older. */
const BEFORE_US = 30 * SECOND;
const MAX_CGROUPS = 4_096;
const MAX_READINGS = 32;

/** The kernel's own counts of single cgroups: whether it killed in a container, and whose limit had been hit. */
export class CgroupBook {
  readonly #byPath = new Map<string, Cgroup>();
  readonly #ownOf = new Map<string, string>();
  #lastUs: Micros = -Infinity;

  /** Takes a reading; `level`: whose the cgroup is. False where it tells nothing that can be compared. */
  read(reading: MemoryEvents, level: Level): boolean {
    const at = parseTime(reading.time);
    if (at === null) return false;
    // The wall clock was set back: the same times come twice.
    if (at < this.#lastUs - SECOND) this.#byPath.clear();
    this.#lastUs = at;
    const known = this.#byPath.get(reading.cgroup) ?? { level, readings: [] };
    // The one that was read last is forgotten last.
    this.#byPath.delete(reading.cgroup);
    this.#byPath.set(reading.cgroup, known);
    if (reading.containerId !== null) this.#ownOf.set(reading.containerId, reading.cgroup);
    keep(known.readings, { ...reading, at });
    this.#forget();
    return true;
  }

  /** What the counts say of a life up to its end. */
  view({ containerId, cgroup, startedUs, finishedUs }: CountedLife): CgroupView {
    const around = cgroupsAround(this.#ownOf.get(containerId) ?? cgroup);
    const ownPath = around.at(-1);
    if (ownPath === undefined) return NOT_COUNTED;
    const alive = readAlive(this.#readings(ownPath), startedUs, finishedUs);
    const edgeUs = Math.max(finishedUs - BEFORE_US, startedUs ?? -Infinity);
    const own = ownSpan(this.#readings(ownPath), alive, edgeUs, finishedUs);
    // As long as its own count stood still nobody in it was killed: what was read until then of others is from before.
    const stillUs = alive.findLast(({ oomKill }) => oomKill === (own?.before?.oomKill ?? 0))?.at ?? -Infinity;
    const outer = around.slice(0, -1).map((path): Outer => ({ path, level: this.#byPath.get(path)?.level ?? 'other', span: outerSpan(this.#readings(path), Math.max(edgeUs, stillUs), finishedUs) }));
    const pod = outer.findLast(({ level }) => level === 'pod')?.span ?? null;
    return seen(own ?? (pod?.after.below === true ? pod : null), { own, startedUs, limit: () => limitHit(ownPath, own, outer) });
  }

  #readings(path: string): readonly Reading[] {
    return this.#byPath.get(path)?.readings ?? [];
  }

  #forget(): void {
    if (this.#byPath.size <= MAX_CGROUPS) return;
    const [oldest] = this.#byPath;
    if (!oldest) return;
    this.#byPath.delete(oldest[0]);
    for (const { containerId } of oldest[1].readings) if (containerId !== null) this.#ownOf.delete(containerId);
  }
}

interface Seen {
  readonly own: Span | null;
  readonly startedUs: Micros | null;
  readonly limit: () => CgroupLimit | null;
}

function seen(counted: Span | null, { own, startedUs, limit }: Seen): CgroupView {
  if (counted === null) return NOT_COUNTED;
  const killed = counted.after.oomKill - (counted.before?.oomKill ?? 0);
  return {
    state: killed === 0 ? 'none' : 'some',
    killed,
    of: own === null ? 'pod' : 'container',
    whole: counted.after.below,
    from: counted.before?.at ?? startedUs,
    to: counted.after.at,
    limit: killed === 0 ? null : limit(),
  };
}

/** Readings of the own cgroup in this life: it is made before the life begins, and another after each. */
function readAlive(readings: readonly Reading[], startedUs: Micros | null, finishedUs: Micros): readonly Reading[] {
  const before = readings.filter(({ at }) => at <= finishedUs);
  const inode = before.at(-1)?.inode ?? null;
  return before.filter((one) => (inode === null ? startedUs !== null && one.at >= startedUs - SECOND : one.inode === inode));
}

/**
 * A cgroup of its own begins with the life and counts from nothing. It must have been read in that life: another is made by
 * the same name when the container is started again.
 */
function ownSpan(readings: readonly Reading[], alive: readonly Reading[], edgeUs: Micros, finishedUs: Micros): Span | null {
  const last = alive.at(-1);
  const after = readings.find(({ at, inode }) => at >= finishedUs && inode === last?.inode);
  if (!last || !after) return null;
  const before = alive.findLast(({ at }) => at <= edgeUs) ?? null;
  return before !== null && before.oomKill > after.oomKill ? { before: null, after } : { before, after };
}

/** Of one around it there must be a reading from before the kill; fewer than then are those of another by the same name. */
function outerSpan(readings: readonly Reading[], edgeUs: Micros, finishedUs: Micros): Span | null {
  const after = readings.find(({ at }) => at >= finishedUs);
  const before = readings.findLast(({ at }) => at <= edgeUs);
  return !after || !before || before.oomKill > after.oomKill ? null : { before, after };
}

/** Of readings that are alike the first and the last are kept. */
function keep(readings: Reading[], reading: Reading): void {
  const [one, two] = readings.slice(-2);
  if (one && two && isAlike(one, two) && isAlike(two, reading)) readings.pop();
  readings.push(reading);
  if (readings.length > MAX_READINGS) readings.shift();
}

function isAlike(one: Reading, other: Reading): boolean {
  return one.oomKill === other.oomKill && one.limitHits === other.limitHits && one.limitHitsBelow === other.limitHitsBelow && one.failcnt === other.failcnt;
}

interface Outer {
  readonly path: string;
  readonly level: Level;
  readonly span: Span | null;
}

/** By how much a count grew; null where it was not read. */
function grown({ before, after }: Span, count: 'limitHits' | 'limitHitsBelow' | 'failcnt'): number | null {
  const now = after[count];
  const then = before === null ? 0 : before[count];
  return now === null || then === null ? null : now - then;
}

/** The one limit that was hit; null where one of the counts is missing, or where several grew. */
function limitHit(ownPath: string, own: Span | null, outer: readonly Outer[]): CgroupLimit | null {
  const exact = outer.concat({ path: ownPath, level: 'container', span: own }).some(({ span }) => span !== null && span.after.limitHits !== null);
  const count = exact ? 'limitHits' : 'failcnt';
  const all = outer.map(({ path, level, span }) => ({ path, level, hits: span === null ? null : grown(span, count) }));
  all.push({ path: ownPath, level: 'container', hits: own === null ? hitsBelow(outer.findLast(({ level }) => level === 'pod')?.span ?? null) : grown(own, count) });
  if (all.some(({ hits }) => hits === null)) return null;
  const hit = all.filter(({ hits }) => hits !== null && hits > 0);
  const [one, ...more] = hit;
  if (!one) return { level: 'node', cgroup: null, exact };
  return more.length > 0 ? null : { level: one.level, cgroup: one.path, exact };
}

/** How often a limit below a pod's own was hit: those of its containers. */
function hitsBelow(pod: Span | null): number | null {
  if (pod === null) return null;
  const all = grown(pod, 'limitHitsBelow');
  const own = grown(pod, 'limitHits');
  return all === null || own === null ? null : all - own;
}
