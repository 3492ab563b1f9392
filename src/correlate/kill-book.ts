import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';

export interface KillEntry {
  kill: OomKill;
  readonly atUs: Micros | null;
  /** When it was first heard of. */
  readonly heardUs: Micros;
}

/** Two logs stamp the same kill differently: whole seconds, the moment of reading, a busy node. */
const SAME_KILL_US = 60 * SECOND;

/** Every OOM kill that is known. The same kill read from two sources is one kill, with both named. */
export class KillBook {
  readonly #max: number;
  readonly #byId = new Map<string, KillEntry>();
  readonly #byPid = new Map<number, KillEntry[]>();
  /** Ids under which another source knows a kill. */
  readonly #alias = new Map<string, string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a kill; gives the entry it is now part of, or null when it tells nothing new. */
  add(kill: OomKill, now: Micros): KillEntry | null {
    const known = this.#byId.get(this.#alias.get(kill.id) ?? kill.id) ?? this.#same(kill);
    if (!known) {
      const entry: KillEntry = { kill, atUs: kill.time === null ? null : parseTime(kill.time), heardUs: now };
      this.#keep(entry);
      return entry;
    }
    if (known.kill.id !== kill.id) this.#alias.set(kill.id, known.kill.id);
    const merged = mergeKills(known.kill, kill);
    if (JSON.stringify(merged) === JSON.stringify(known.kill)) return null;
    known.kill = merged;
    return known;
  }

  matching(wanted: (entry: KillEntry) => boolean): KillEntry[] {
    return [...this.#byId.values()].filter(wanted);
  }

  /** One that another source told: the same victim at about the same time, and nothing that contradicts. */
  #same(kill: OomKill): KillEntry | undefined {
    const at = kill.time === null ? null : parseTime(kill.time);
    return this.#byPid.get(kill.victim.pid ?? -1)?.find((entry) => {
      const { kill: other } = entry;
      if (other.sources.some((source) => kill.sources.includes(source))) return false;
      if (kill.containerId !== null && other.containerId !== null && kill.containerId !== other.containerId) return false;
      if (kill.victim.totalVmBytes !== null && other.victim.totalVmBytes !== null && kill.victim.totalVmBytes !== other.victim.totalVmBytes) return false;
      return at === null || entry.atUs === null || Math.abs(at - entry.atUs) <= SAME_KILL_US;
    });
  }

  #keep(entry: KillEntry): void {
    this.#byId.set(entry.kill.id, entry);
    const pid = entry.kill.victim.pid ?? -1;
    this.#byPid.set(pid, [...(this.#byPid.get(pid) ?? []), entry]);
    if (this.#byId.size <= this.#max) return;
    const [oldest] = this.#byId.values();
    if (oldest) this.#forget(oldest);
  }

  #forget(entry: KillEntry): void {
    this.#byId.delete(entry.kill.id);
    const pid = entry.kill.victim.pid ?? -1;
    const left = (this.#byPid.get(pid) ?? []).filter((one) => one !== entry);
    if (left.length > 0) this.#byPid.set(pid, left);
    else this.#byPid.delete(pid);
    for (const [alias, id] of this.#alias) if (id === entry.kill.id) this.#alias.delete(alias);
  }
}

/** One kill told twice: the fuller report wins, the kernel's own record over a text, and both sources are named. */
export function mergeKills(first: OomKill, second: OomKill): OomKill {
  const better = rank(second) > rank(first) ? second : first;
  const other = better === first ? second : first;
  return {
    ...better,
    id: first.id,
    reportId: first.reportId,
    source: first.source,
    sources: [...new Set([...first.sources, ...second.sources])],
    time: better.time ?? other.time,
    monotonicUs: better.monotonicUs ?? other.monotonicUs,
    bootId: better.bootId ?? other.bootId,
    groupKill: first.groupKill || second.groupKill,
    trust: first.trust === 'kernel' || second.trust === 'kernel' ? 'kernel' : 'text',
  };
}

function rank(kill: OomKill): number {
  return (kill.victimCgroup !== null ? 8 : 0) + (kill.complete ? 4 : 0) + (kill.trust === 'kernel' ? 2 : 0) + (kill.groupKill ? 1 : 0);
}
