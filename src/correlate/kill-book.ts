import { MINUTE, parseTime, SECOND, type Micros } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';
import { BEFORE_US } from './coverage.ts';
import { killKeys } from './join-keys.ts';
import { KeyIndex } from './key-index.ts';
import type { KillEntry } from './kill-entry.ts';
import { mergeKills } from './merge-kills.ts';
import { NamelessKills } from './nameless-kills.ts';

/** Two logs stamp the same kill differently: whole seconds, the moment of reading, a busy node. */
const SAME_KILL_US = 60 * SECOND;
/** Exits of a storm are told later than its kills, but not by so much. */
const RECENT_US = 5 * MINUTE;
/** Of recent ones some 8,000 with their whole reports, or as many as are kept at all of a storm's, which are cut down to one line. */
const MAX_RECENT_BYTES = 32 * 1024 * 1024;
/** With those heard of before: some 1,000, for exits that a runtime tells of when it is back. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Every OOM kill that is known. The same kill read from two sources is one kill, with both named. */
export class KillBook {
  readonly #max: number;
  readonly #maxOld: number;
  readonly #kept = new Set<KillEntry>();
  #bytes = 0;
  /** The moment of the latest kill that was forgotten, by a clock that nobody set. */
  #forgottenUs: Micros = -Infinity;
  readonly #byId = new Map<string, KillEntry>();
  readonly #byKey = new KeyIndex<KillEntry>();
  /** Kills of which only a pid is known. */
  readonly #nameless = new NamelessKills();
  readonly #placeless = new NamelessKills();

  /** `maxOld`: of those with which nobody is busy any more. */
  constructor(max: number, maxOld: number) {
    this.#max = max;
    this.#maxOld = maxOld;
  }

  /** Takes a kill; gives the entry it is now part of, or null when it tells nothing new. */
  add(kill: OomKill, now: Micros, shiftUs: Micros): KillEntry | null {
    const known = this.#byId.get(kill.id) ?? this.#same(kill);
    if (!known) {
      const entry: KillEntry = { kill, atUs: timeOf(kill), heardUs: now, shiftUs, bare: isBare(kill), ids: new Set([kill.id]), bytes: JSON.stringify(kill).length };
      this.#keep(entry);
      return entry;
    }
    // Another source may know it by another id.
    this.#byId.set(kill.id, known);
    known.ids.add(kill.id);
    const merged = mergeKills(known.kill, kill);
    if (JSON.stringify(merged) === JSON.stringify(known.kill)) return null;
    known.kill = merged;
    known.bare = merged.trust === 'text' && (known.bare || isBare(kill));
    known.atUs = timeOf(merged);
    this.#index(known);
    return known;
  }

  /** Whether a kill is still kept: only so many are. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Whether kills that an exit of that moment may be the end of were forgotten: that none is found then says nothing. */
  forgotMomentOf(finishedUs: Micros, shiftUs: Micros): boolean {
    return finishedUs - shiftUs - BEFORE_US <= this.#forgottenUs;
  }

  /** Kills that go by any of these names, oldest first. */
  find(keys: readonly string[]): KillEntry[] {
    return [...this.#byKey.find(keys)].sort((a, b) => (a.atUs ?? 0) - (b.atUs ?? 0));
  }

  /** Kills of which only the pid is known. */
  get nameless(): NamelessKills {
    return this.#nameless;
  }

  /** Kills in cgroups that name neither a container nor a pod. */
  get placeless(): NamelessKills {
    return this.#placeless;
  }

  /** One that another source told: the same victim at about the same time, and nothing that contradicts. */
  #same(kill: OomKill): KillEntry | undefined {
    const at = timeOf(kill);
    return this.find([`pid ${String(kill.victim.pid)}`]).find((entry) => {
      const { kill: other } = entry;
      // One source tells a kill once, but may have told first that its end was not seen (a log rotated in between).
      const whole = kill.victim.totalVmBytes !== null && other.victim.totalVmBytes !== null;
      if (whole && other.sources.some((source) => kill.sources.includes(source))) return false;
      if (kill.containerId !== null && other.containerId !== null && kill.containerId !== other.containerId) return false;
      if (kill.victim.totalVmBytes !== null && other.victim.totalVmBytes !== null && kill.victim.totalVmBytes !== other.victim.totalVmBytes) return false;
      return at === null || entry.atUs === null || Math.abs(at - entry.atUs) <= SAME_KILL_US;
    });
  }

  #keep(entry: KillEntry): void {
    this.#byId.set(entry.kill.id, entry);
    this.#kept.add(entry);
    this.#bytes += entry.bytes;
    this.#index(entry);
    for (const oldest of this.#kept) {
      const isRecent = oldest.heardUs > entry.heardUs - RECENT_US;
      const [max, maxBytes] = isRecent ? [this.#max, MAX_RECENT_BYTES] : [this.#maxOld, MAX_BYTES];
      if (oldest === entry || (this.#kept.size <= max && this.#bytes <= maxBytes)) break;
      this.#forget(oldest);
    }
  }

  #index(entry: KillEntry): void {
    this.#byKey.set(entry, killKeys(entry.kill));
    const { victimCgroup, containerId, podUid } = entry.kill;
    const isNameless = entry.bare || (victimCgroup === null && containerId === null);
    if (isNameless) this.#nameless.add(entry);
    else this.#nameless.delete(entry);
    if (!isNameless && containerId === null && podUid === null) this.#placeless.add(entry);
    else this.#placeless.delete(entry);
  }

  #forget(entry: KillEntry): void {
    this.#kept.delete(entry);
    this.#bytes -= entry.bytes;
    // What a log may be made to say of times to come is no reason to doubt them.
    this.#forgottenUs = Math.max(this.#forgottenUs, Math.min(entry.atUs ?? Infinity, entry.heardUs) - entry.shiftUs);
    this.#byKey.delete(entry);
    this.#nameless.delete(entry);
    this.#placeless.delete(entry);
    for (const id of entry.ids) this.#byId.delete(id);
  }
}

function isBare({ trust, victimCgroup, containerId }: OomKill): boolean {
  return trust === 'kernel' && victimCgroup === null && containerId === null;
}

function timeOf(kill: OomKill): Micros | null {
  return kill.time === null ? null : parseTime(kill.time);
}
