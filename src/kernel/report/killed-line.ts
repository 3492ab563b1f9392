import type { Scope } from '../../model/oom-kill.ts';
import type { KilledLine, Said } from './said.ts';

/**
 * `Memory cgroup out of memory: Killed process 483 (dd) total-vm:207104kB, anon-rss:48820kB, file-rss:4kB,
 * shmem-rss:0kB, UID:0 pgtables:132kB oom_score_adj:900` (5.3; mm/oom_kill.c __oom_kill_process).
 * Before 5.0 a line of its own begins with "Killed process". RHEL 6 puts `, UID 1002,` before the name, RHEL 7 behind
 * it. 2.6.3x prints `vsz:` for `total-vm:`; older ones nothing behind the name, 2.4 a full stop.
 */
const KILLED = /^(.*?)Killed process (\d+)(?:, UID (\d+),)? \(([\s\S]*)$/;
/** The name is the user's to choose: what the kernel prints after it is found from the right. Virtuozzo 7 names the container. */
const AFTER_NAME = /^([\s\S]*)\)(?:,? UID (\d+),)?(?: in VE "[^"]*")?,? ?(?=(?:total-vm|vsz):\d)([\s\S]*)$/;
const NAME_ONLY = /^([\s\S]*)\)(?:,? UID (\d+),?)?\.?\s*$/;

const WORDS = /^(?:(Memory cgroup out of memory)|(?:Out of [Mm]emory(?: \([\w ]+\))?)): $/;

/**
 * OpenVZ and Virtuozzo on 2.6.32: `Out of memory in UB 101: OOM killed process 483 (php) score 0 vm:207104kB,
 * rss:48820kB, swap:0kB`. A beancounter is no memcg, and rss there is anonymous and file pages in one.
 */
const OPENVZ = /^(Out of memory(?: in UB \d+)?: )?OOM killed process (\d+) \(([\s\S]*)\)(?: score -?\d+)? vm:(\d+)kB, rss:\d+kB/;

function readOpenVz(text: string): KilledLine | null {
  const m = OPENVZ.exec(text);
  if (!m) return null;
  return {
    kind: 'killed',
    scope: m[1]?.includes(' in UB ') === false ? 'global' : 'unknown',
    pid: Number(m[2]),
    comm: m[3] ?? null,
    uid: null,
    totalVmKb: Number(m[4]),
    anonRssKb: null,
    fileRssKb: null,
    shmemRssKb: null,
    oomScoreAdj: null,
  };
}

export function readKilled(text: string): KilledLine | null {
  const openVz = readOpenVz(text);
  if (openVz !== null) return openVz;
  const m = KILLED.exec(text);
  const scope = scopeOf(m?.[1] ?? '');
  if (!m || scope === null) return null;
  const rest = m[4] ?? '';
  const after = AFTER_NAME.exec(rest) ?? NAME_ONLY.exec(rest);
  const tail = after?.[3] ?? '';
  const uid = m[3] ?? after?.[2] ?? field(tail, /\bUID:(\d+)\b(?=[ ,]|$)/);
  return {
    kind: 'killed',
    scope,
    pid: Number(m[2]),
    comm: after?.[1] ?? null,
    uid: number(uid),
    totalVmKb: number(field(tail, /^(?:total-vm|vsz):(\d+)kB/)),
    anonRssKb: number(field(tail, /\banon-rss:(\d+)kB/)),
    fileRssKb: number(field(tail, /\bfile-rss:(\d+)kB/)),
    shmemRssKb: number(field(tail, /\bshmem-rss:(\d+)kB/)),
    oomScoreAdj: number(field(tail, /\boom_score_adj:(-?\d+)$/)),
  };
}

/** A kill line that a carrier broke: in the middle of the name (a newline in it) or, by hand, between two words. */
export function isTornKilled(text: string): boolean {
  if (/^(?:Memory cgroup out|Out) of [Mm]emory(?::(?: Killed)?| in UB \d+:(?: OOM)?) ?$/.test(text)) return true;
  const at = text.indexOf('Killed process');
  if (at < 0 || scopeOf(text.slice(0, at)) === null) return false;
  const said = readKilled(text);
  return said?.comm == null || said.totalVmKb === null || /[,\s]$/.test(text);
}

/** `Out of memory: Kill process 8308 (java) score 1894 or sacrifice child` (to 4.20), `or a child` (2.6.2x). */
const KILL = /^(?:(Memory cgroup out of memory)|Out of [Mm]emory[^:]*): [Kk]ill process (\d+) \(([\s\S]*)\) score -?\d+ or /;

export function readKill(text: string): Said | null {
  const m = KILL.exec(text);
  return m ? { kind: 'kill', pid: Number(m[2]), comm: m[3] ?? '', scope: m[1] === undefined ? 'global' : 'memcg' } : null;
}

/** `Memory cgroup out of memory: OOM victim 483 (dd) is already exiting. Skip killing the task` (6.x): nobody was killed. */
const EXITING = /: OOM victim (\d+) \([\s\S]*\) is already exiting\. Skip killing/;

export function readExiting(text: string): Said | null {
  const m = EXITING.exec(text);
  return m ? { kind: 'no-kill', pid: Number(m[1]) } : null;
}

function scopeOf(words: string): Scope | null {
  if (words === '') return 'unknown';
  const m = WORDS.exec(words);
  return m ? (m[1] === undefined ? 'global' : 'memcg') : null;
}

function field(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text.trimEnd())?.[1];
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
