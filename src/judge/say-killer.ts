import { sayBytes } from '../lib/bytes.ts';
import type { FactOf, Sender } from '../model/witness.ts';
import { printable } from './printable.ts';
import { isFromInside, type SignalSent, type UserspaceKill } from './killer.ts';

const MAX_WORDS = 160;

/** `sh (9027, /usr/bin/dash, uid 0)`. */
export function saySender({ comm, pid, exe, uid, containerId }: Sender): string {
  const about = [pid === null ? null : String(pid), exe, uid === null ? null : `uid ${String(uid)}`, containerId === null ? null : `container ${containerId.slice(0, 12)}`];
  const known = about.filter((one) => one !== null).join(', ');
  const name = comm === null || comm === '' ? 'a process' : comm;
  return printable(known === '' ? name : `${name} (${known})`).slice(0, MAX_WORDS);
}

/** `earlyoom`, and what it says of why. */
export function sayReason({ reason }: UserspaceKill): string {
  return reason === null ? '' : `: ${printable(reason).slice(0, MAX_WORDS)}`;
}

export function sayUserspaceKill(fact: UserspaceKill): string {
  const { figures, signal, about, by } = fact;
  const rss = figures['rssBytes'];
  const use = figures['usageBytes'];
  const held = typeof rss === 'number' ? `, rss ${sayBytes(rss)}` : typeof use === 'number' ? `, use ${sayBytes(use)}` : '';
  const whom = about.pid === null ? (about.cgroup === null ? '' : ` (all of ${about.cgroup})`) : ` (${fact.comm === null ? '' : `${fact.comm}, `}pid ${String(about.pid)}${held})`;
  return `${by} sent ${signal ?? 'a signal'}${whom}${sayReason(fact)}`;
}

export function saySignal(fact: SignalSent): string {
  const { signal, sender, success, about } = fact;
  const how = success ? '' : ' in vain';
  const inside = signal === 'SIGKILL' && isFromInside(fact) ? ', from inside the container, where PID 1 does not get it' : '';
  return `${saySender(sender)} sent ${signal}${how} to pid ${String(about.pid)}${inside}`;
}

export function sayFault({ comm, about, text, signal }: FactOf<'fault'>): string {
  return `${comm ?? 'a process'} (${String(about.pid)}): ${text}${signal === null || text.includes(signal) ? '' : ` (${signal})`}`;
}
