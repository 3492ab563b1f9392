import { sayBytes } from '../lib/bytes.ts';
import type { FactOf, Sender } from '../model/witness.ts';
import { printable } from './printable.ts';
import { isFromInside, type SignalSent, type UserspaceKill } from './killer.ts';

const MAX_WORDS = 160;
/** Of an executable's path its end: however long somebody made it, where the sender was is still told. */
const MAX_PATH = 80;
const MAX_SENDER = 400;

/** `sh (9027, /usr/bin/dash, uid 0, container tools/debug/shell)`. */
export function saySender(sender: Sender): string {
  const { comm, pid, exe, uid, auid } = sender;
  const login = auid === null || auid === uid ? null : `logged in as uid ${String(auid)}`;
  const about = [pid === null ? null : String(pid), exe === null ? null : sayPath(exe), uid === null ? null : `uid ${String(uid)}`, login, sayWhere(sender)];
  const known = about.filter((one) => one !== null).join(', ');
  const name = comm === null || comm === '' ? 'a process' : comm;
  return printable(known === '' ? name : `${name} (${known})`).slice(0, MAX_SENDER);
}

function sayPath(path: string): string {
  return path.length <= MAX_PATH ? path : `…${path.slice(-MAX_PATH)}`;
}

/** Its container, or the unit or session of the node that it, or else its parent, was in. */
function sayWhere({ containerId, containerName, cgroup, parentCgroup }: Sender): string | null {
  if (containerId !== null) return `container ${containerName ?? containerId.slice(0, 12)}`;
  const last = (cgroup ?? parentCgroup)?.split('/').at(-1) ?? '';
  return last === '' ? null : `${cgroup === null ? 'parent in' : 'in'} ${last}`;
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
