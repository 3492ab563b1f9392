import { sayBytes } from '../lib/bytes.ts';
import { sayDuration } from '../lib/duration.ts';
import { MS } from '../lib/time.ts';
import type { Cause } from '../model/cause.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Evidence } from '../model/verdict.ts';
import type { Case } from './case.ts';
import type { KillCause } from './cause-of-kill.ts';
import type { JoinedKill } from './joined-kill.ts';
import { printable } from './printable.ts';
import { sayOther } from './who-held.ts';

/** Resident memory of a victim, bytes; null where the kernel printed none. */
export function heldBytes(kill: OomKill): number | null {
  const { anonRssBytes, fileRssBytes, shmemRssBytes } = kill.victim;
  if (anonRssBytes === null) return null;
  return anonRssBytes + (fileRssBytes ?? 0) + (shmemRssBytes ?? 0);
}

/** An administrator asked for it by sysrq: the kernel prints no order of pages then. */
export function isByHand(kill: OomKill): boolean {
  return kill.scope === 'global' && kill.invoker.order === -1;
}

/** `java (48213)`. */
export function sayVictim(kill: OomKill): string {
  const name = kill.victim.comm === null ? 'a process' : printable(kill.victim.comm);
  return kill.victim.pid === null ? name : `${name} (${String(kill.victim.pid)})`;
}

export function sayBefore(us: number): string {
  return `${sayDuration(us / MS)} earlier`;
}

function ofLimit(kill: OomKill): string {
  const { usageBytes, limitBytes } = kill.memory;
  if (usageBytes === null || limitBytes === null) return '';
  return `, ${sayBytes(usageBytes)} of ${sayBytes(limitBytes)}`;
}

/** What ran out, as one clause; the two numbers that matter in it. */
export function sayCause({ cause, note }: KillCause, kill: OomKill, one: Case): string {
  const held = heldBytes(kill);
  const limit = one.exit.memoryLimitBytes;
  const at = held === null ? '' : limit === null ? ` at ${sayBytes(held)}` : ` at ${sayBytes(held)} of its ${sayBytes(limit)} limit`;
  const because = note === null ? '' : ` (${note})`;
  const sentence = SENTENCES[cause]?.(kill, at) ?? 'killed by the kernel for want of memory';
  return `${sentence}${because}${isByHand(kill) ? '' : sayOther(kill.culprits, one.exit)}`;
}

const SENTENCES: Partial<Record<Cause, (kill: OomKill, at: string) => string>> = {
  'container-limit-oom': (kill) => (kill.level === 'nested' ? `hit a memory limit inside the container${ofLimit(kill)}` : `hit its own memory limit${ofLimit(kill)}`),
  'pod-limit-oom': (kill, at) => `the pod hit its memory limit${ofLimit(kill)}, and the kernel chose this container${at}`,
  'qos-limit-oom': (kill, at) => `the QoS slice of its pod hit its memory limit${ofLimit(kill)}, and the kernel chose this container${at}`,
  'node-allocatable-oom': (kill, at) => `all pods together used what the node sets aside for pods${ofLimit(kill)}, and the kernel chose this container${at}`,
  'ancestor-limit-oom': (kill, at) => `the cgroup ${kill.limitCgroup ?? 'around it'} hit its memory limit${ofLimit(kill)}, and the kernel chose this container${at}`,
  'cgroup-limit-oom': (_kill, at) => `a memory limit was hit${at}; whose is not known`,
  'node-oom': (kill, at) => (isByHand(kill) ? `an administrator asked for an OOM kill by sysrq, and the kernel chose this container${at}` : `the node ran out of memory and the kernel chose this container${at}`),
  'numa-oom': (kill, at) => `the NUMA memory that ${kill.scope === 'cpuset' ? 'its cpuset' : 'a memory policy'} allows ran out, and the kernel chose this container${at}`,
  unknown: (_kill, at) => `killed by the kernel for want of memory${at}; of what is not known`,
};

/** The same where only the kernel's counts tell of it. */
export function sayCountedCause(cause: Cause): string {
  return COUNTED[cause] ?? 'killed by the kernel for want of memory';
}

const COUNTED: Partial<Record<Cause, string>> = {
  'container-limit-oom': 'hit its own memory limit',
  'pod-limit-oom': 'the pod hit its memory limit',
  'qos-limit-oom': 'the QoS slice of its pod hit its memory limit',
  'node-allocatable-oom': 'all pods together used what the node sets aside for pods',
  'ancestor-limit-oom': 'a cgroup around it hit its memory limit',
  'node-oom': 'the node ran out of memory',
};

/** The lines that say it, for people. */
export function killEvidence({ kill, role }: JoinedKill, weight: Evidence['weight']): readonly Evidence[] {
  const source = kill.sources.join(', ');
  const who = role === 'pid1' ? ': it was PID 1' : role === 'child' ? ': not PID 1' : role === 'group' ? ': with the whole group' : '';
  const held = heldBytes(kill);
  const killed = `Killed process ${sayVictim(kill)}${who}${held === null ? '' : `, rss ${sayBytes(held)}`}`;
  return [
    { kind: 'kernel', source, time: kill.time, text: sayConstraint(kill), weight },
    { kind: 'kernel', source, time: kill.time, text: killed, weight },
  ];
}

function sayConstraint(kill: OomKill): string {
  const limit = kill.limitCgroup === null ? '' : `; limit of ${kill.limitCgroup}`;
  const victim = kill.victimCgroup === null ? '' : `; victim in ${kill.victimCgroup === kill.limitCgroup ? 'the same cgroup' : kill.victimCgroup}`;
  const group = kill.groupKill ? '; memory.oom.group is set' : '';
  return `OOM, scope ${kill.scope}${limit}${victim}${group}`;
}
