import { HOUR, parseTime, type Micros } from '../../lib/time.ts';
import { SANDBOX_NAME } from '../../model/container-exit.ts';
import type { Verdict } from '../../model/verdict.ts';
import { eventName, type Notice, type Subject } from './event.ts';
import { messageOf } from './message.ts';
import { isWorthTelling, reasonOf } from './reasons.ts';

/** Exits of one container for one reason that follow each other within this time are one Event with a count. */
export const WINDOW_US = HOUR;
const MAX_GROUPS = 500;
/** The last exits of a group, which late evidence may still change. */
const MAX_RECENT = 5;

interface Told extends Pick<Notice, 'message' | 'cause' | 'confidence' | 'verdictId'> {
  readonly us: Micros;
}

/** A crash loop, or the one exit that it begins with. */
interface Group {
  readonly subject: Subject;
  readonly name: string;
  key: string;
  reason: string;
  count: number;
  firstUs: Micros;
  /** Oldest first. */
  recent: Told[];
}

/** Which Event tells of which exit: one for every verdict, and one with a count for a crash loop. */
export class EventBook {
  /** By pod, container and reason; the one that was told of last is the last. */
  readonly #groups = new Map<string, Group>();

  /** The Events that are to be written because of this verdict: none, one, or two where a late answer leaves a group. */
  tell(verdict: Verdict): Notice[] {
    const subject = subjectOf(verdict);
    const us = parseTime(verdict.exit.finishedAt);
    if (subject === null || us === null) return [];
    const told: Told = { us, message: messageOf(verdict), cause: verdict.cause, confidence: verdict.confidence, verdictId: verdict.id };
    const group = this.#holding(told.verdictId, subject);
    if (!group) return isWorthTelling(verdict) ? this.#add(subject, reasonOf(verdict), told) : [];
    if (group.reason === reasonOf(verdict)) return this.#reword(group, told);
    return this.#move(group, reasonOf(verdict), told);
  }

  #add(subject: Subject, reason: string, told: Told, edition = ''): Notice[] {
    const key = keyOf(subject, reason);
    const group = this.#groups.get(key);
    const last = group?.recent.at(-1);
    if (!group || !last || told.us - last.us > WINDOW_US) {
      const name = eventName(subject.podName, told.verdictId, edition);
      return this.#keep({ subject, name, key, reason, count: 1, firstUs: told.us, recent: [told] });
    }
    // Told late, of long ago; or older than what is still known of the group, and counted already.
    if (last.us - told.us > WINDOW_US || (group.count > group.recent.length && told.us < (group.recent[0]?.us ?? 0))) return [];
    group.count += 1;
    group.firstUs = Math.min(group.firstUs, told.us);
    group.recent = [...group.recent, told].sort((a, b) => a.us - b.us).slice(-MAX_RECENT);
    return this.#keep(group);
  }

  /** The Event shows the latest exit's sentence: a change of an earlier one's is not seen. */
  #reword(group: Group, told: Told): Notice[] {
    const before = group.recent.at(-1);
    group.recent = group.recent.map((one) => (one.verdictId === told.verdictId ? told : one));
    const isSeen = before?.verdictId === told.verdictId && (before.message !== told.message || before.cause !== told.cause);
    return isSeen ? this.#keep(group) : [];
  }

  /** Another answer: the same Event says it where it tells of this exit alone. */
  #move(group: Group, reason: string, told: Told): Notice[] {
    if (group.count === 1) {
      this.#groups.delete(group.key);
      const key = keyOf(group.subject, reason);
      // Two Events cannot be made one: where there is one for that reason, it goes on, and this stays as it is.
      group.key = this.#groups.has(key) ? `${key} ${group.name}` : key;
      group.reason = reason;
      group.recent = [told];
      return this.#keep(group);
    }
    group.count -= 1;
    group.recent = group.recent.filter(({ verdictId }) => verdictId !== told.verdictId);
    if (group.count === group.recent.length) group.firstUs = group.recent[0]?.us ?? group.firstUs;
    const isNamedAfterIt = group.name === eventName(group.subject.podName, told.verdictId);
    return [...this.#keep(group), ...this.#add(group.subject, reason, told, isNamedAfterIt ? '-revised' : '')];
  }

  #holding(verdictId: string, { podUid }: Subject): Group | undefined {
    for (const group of this.#groups.values()) {
      if (group.subject.podUid === podUid && group.recent.some((told) => told.verdictId === verdictId)) return group;
    }
    return undefined;
  }

  #keep(group: Group): Notice[] {
    this.#groups.delete(group.key);
    this.#groups.set(group.key, group);
    const [oldest] = this.#groups.keys();
    if (this.#groups.size > MAX_GROUPS && oldest !== undefined) this.#groups.delete(oldest);
    const last = group.recent.at(-1);
    if (!last) return [];
    const { us: lastUs, ...said } = last;
    const { name, subject, reason, count, firstUs } = group;
    return [{ name, subject, reason, count, firstUs, lastUs, ...said }];
  }
}

/** Null where no pod is known: there is nothing to hang an Event on. */
function subjectOf({ container }: Verdict): Subject | null {
  const { podNamespace: namespace, podName, podUid, containerName } = container;
  if (namespace === null || podName === null || podUid === null) return null;
  return { namespace, podName, podUid, containerName: containerName === SANDBOX_NAME ? null : containerName };
}

function keyOf({ podUid, containerName }: Subject, reason: string): string {
  return `${podUid} ${containerName ?? ''} ${reason}`;
}
