import type { Turn } from '../../src/correlate/correlator-options.ts';
import type { TimeContext } from '../../src/kernel/framing/wall-time.ts';
import { formatTime, SECOND, type Micros } from '../../src/lib/time.ts';
import { containerExitSchema, containerSchema, type ContainerExit } from '../../src/model/container-exit.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { verdictSchema, type Verdict } from '../../src/model/verdict.ts';
import { Pipeline } from '../../src/pipeline.ts';

export const T0: Micros = 1_795_455_805_000_000;
export const SETTLE_US = 3 * SECOND;
export const POD = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
export const id = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0');
export const podPath = (pod = POD): string => `/kubepods/burstable/pod${pod}`;
export const cgroupOf = (name: string, pod = POD): string => `${podPath(pod)}/${id(name)}`;

export interface Killing {
  readonly at: Micros;
  readonly pid: number;
  readonly victim?: string;
  readonly limit?: string;
  readonly limitKb?: number;
  readonly rssKb?: number;
  readonly headless?: boolean;
}

/** The kernel's lines of one memcg kill. */
export function killLines({ pid, victim = cgroupOf('app'), limit = victim, limitKb = 49_152, rssKb = 48_820, headless = false }: Killing): string[] {
  const killed = `Memory cgroup out of memory: Killed process ${pid} (java) total-vm:207104kB, anon-rss:${rssKb}kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:132kB oom_score_adj:900`;
  if (headless) return [killed];
  return [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900',
    `memory: usage ${limitKb}kB, limit ${limitKb}kB, failcnt 7`,
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${limit},task_memcg=${victim},task=java,pid=${pid},uid=0`,
    killed,
  ];
}

export function journal(kill: Killing): SourceEvent[] {
  return killLines(kill).map((MESSAGE): SourceEvent => {
    const stamps = { __REALTIME_TIMESTAMP: String(kill.at), __MONOTONIC_TIMESTAMP: String(kill.at - T0 + 9e9), _SOURCE_MONOTONIC_TIMESTAMP: String(kill.at - T0 + 9e9) };
    return { type: 'journal', source: 'journal', line: JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', _BOOT_ID: 'b', _HOSTNAME: 'node1', ...stamps }) };
  });
}

export function syslog(kill: Killing, begin = false): SourceEvent[] {
  return killLines(kill).map((text, at) => ({ type: 'text', source: 'syslog', begin: begin && at === 0, chunk: Buffer.from(`${formatTime(kill.at)} node1 kernel: ${text}\n`) }));
}

export function exitOf(name: string, at: Micros, more: Partial<ContainerExit> = {}): ContainerExit {
  return containerExitSchema.parse({ containerId: id(name), exitCode: 137, finishedAt: formatTime(at), startedAt: formatTime(at - 60 * SECOND), initPid: 100, podUid: POD, containerName: name, runtimeReason: 'Error', ...more });
}

export const exited = (name: string, at: Micros, more: Partial<ContainerExit> = {}): SourceEvent => ({ type: 'exit', source: 'containerd', exit: exitOf(name, at, more) });

export function started(name: string, more: Record<string, unknown> = {}): SourceEvent {
  return { type: 'container', source: 'containerd', container: containerSchema.parse({ containerId: id(name), podUid: POD, containerName: name, ...more }) };
}

export const reading = (at: Micros, oomKill: number): SourceEvent => ({ type: 'ledger', source: 'vmstat', reading: { time: formatTime(at), oomKill } });
export const covered = (to: Micros, source = 'journal', from: Micros | null = null): SourceEvent => ({ type: 'covered', source, from, to });
export const up = (source: string): SourceEvent => ({ type: 'up', source, detail: 'up' });

/** A node: its sources' words in, the answers out. Its clock starts at T0 and goes only where it is told to. */
export class Node {
  readonly pipeline: Pipeline;
  readonly given: { verdict: Verdict; latencyUs: Micros | null; at: Micros }[] = [];
  readonly kills = new Map<string, OomKill>();
  readonly gaps: { counted: number; parsed: number }[] = [];
  now = T0;

  constructor({ sources = ['journal', 'syslog'], settleUs = SETTLE_US, time = {}, turn }: { sources?: readonly string[]; settleUs?: number; time?: Partial<TimeContext>; turn?: Turn } = {}) {
    this.pipeline = new Pipeline({
      settleUs,
      hostName: 'node1',
      ...(turn && { turn }),
      sources: [...sources.map((name) => ({ name, kind: 'kernel-log' as const, hides: 'kills', provesSilence: name === 'journal' })), { name: 'containerd', kind: 'exits', hides: 'exits' }, { name: 'vmstat', kind: 'ledger', hides: 'the count' }],
      time: { timezone: 'UTC', year: 2026, before: null, bootTimeUs: null, ...time },
      output: {
        verdict: (verdict, latencyUs) => this.given.push({ verdict: verdictSchema.parse(verdict), latencyUs, at: this.now }),
        oomKill: (kill) => this.kills.set(kill.id, kill),
        ledgerGap: (gap) => this.gaps.push(gap),
      },
    });
  }

  /** Sources are up, and have been long enough to have read what precedes an exit. */
  ready(...sources: readonly string[]): this {
    for (const source of sources) this.hear([up(source), covered(this.now, source, this.now - 3_600 * SECOND)]);
    return this.pass(10 * SECOND);
  }

  hear(events: readonly SourceEvent[]): this {
    for (const event of events) this.pipeline.hear(event, this.now);
    return this;
  }

  pass(us: Micros): this {
    const until = this.now + us;
    for (let due = this.pipeline.advance(this.now); due !== null && due <= until; due = this.pipeline.advance(this.now)) this.now = Math.max(this.now, due);
    this.now = until;
    this.pipeline.advance(until);
    return this;
  }

  last(name = 'app'): Verdict | undefined {
    return this.given.findLast(({ verdict }) => verdict.container.containerId === id(name))?.verdict;
  }
}
