import { formatTime, type Micros, SECOND } from '../../src/lib/time.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';
import type { Verdict } from '../../src/model/verdict.ts';

/** 2026-11-23T03:02:11.482Z */
export const T0: Micros = 1_795_402_931_482_000;
export const at = (seconds: number): string => formatTime(T0 + seconds * SECOND);

interface VerdictChanges extends Partial<Omit<Verdict, 'container' | 'exit'>> {
  readonly container?: Partial<Verdict['container']>;
  readonly exit?: Partial<Verdict['exit']>;
}

/** A container killed at its own limit, with the given changes. */
export function verdict(id: string, { container, exit, ...changes }: VerdictChanges = {}): Verdict {
  return {
    kind: 'verdict',
    id,
    revision: 1,
    final: true,
    container: {
      containerId: `${id}c0ffee`,
      runtime: 'containerd',
      runtimeType: null,
      podUid: '8f1c6a52-5f5e-4c0e-9d55-6a2a0a3f7b11',
      podName: 'cart-7d9f',
      podNamespace: 'shop',
      containerName: 'app',
      image: 'registry.example/shop/cart:1.4.2',
      cgroup: null,
      initPid: 48_213,
      memoryLimitBytes: 536_870_912,
      restartCount: 4,
      startedAt: at(-600),
      ...container,
    },
    exit: {
      code: 137,
      signal: 'SIGKILL',
      finishedAt: at(0),
      runtimeReason: 'OOMKilled',
      meaning: '128 + 9: ended by SIGKILL, or the program returned 137',
      ...exit,
    },
    cause: 'container-limit-oom',
    family: 'cgroup-limit',
    confidence: 'certain',
    summary: 'The container hit its own memory limit: 512 MiB used of 512 MiB.',
    victimRole: 'pid1',
    evidence: [
      {
        kind: 'kernel',
        source: 'journal',
        time: at(-0.011),
        text: 'oom-kill: CONSTRAINT_MEMCG, limit and victim in this container',
        weight: 'supporting',
      },
      {
        kind: 'kernel',
        source: 'journal',
        time: at(-0.01),
        text: 'Killed process 48213 (java): it was PID 1, anon-rss 498 MiB',
        weight: 'decisive',
      },
      { kind: 'runtime', source: 'containerd', time: at(0), text: 'exit 137', weight: 'context' },
    ],
    ruledOut: [{ cause: 'node-oom', why: "the kernel names this container's limit" }],
    blindSpots: [],
    runtimeAgrees: true,
    oomKills: ['k1'],
    culprits: null,
    advice: 'Raise the limit, or bound the heap (-XX:MaxRAMPercentage).',
    rule: 'pid1-killed-at-limit',
    ...changes,
  };
}

export function oomKill(id: string, changes: Partial<OomKill> = {}): OomKill {
  return {
    kind: 'oom-kill',
    id,
    reportId: `r-${id}`,
    time: at(-0.01),
    monotonicUs: 1_234_567,
    bootId: null,
    scope: 'memcg',
    level: 'container',
    limitCgroup: '/kubepods/burstable/pod8f1c6a52/c1c0ffee',
    victimCgroup: '/kubepods/burstable/pod8f1c6a52/c1c0ffee',
    containerId: 'c1c0ffee',
    podUid: '8f1c6a52-5f5e-4c0e-9d55-6a2a0a3f7b11',
    groupKill: false,
    victim: {
      pid: 48_213,
      comm: 'java',
      uid: 0,
      totalVmBytes: 2_147_483_648,
      anonRssBytes: 522_190_848,
      fileRssBytes: 0,
      shmemRssBytes: 0,
      oomScoreAdj: 985,
    },
    invoker: { comm: 'java', pid: 48_240, oomScoreAdj: 985, gfpMask: '0xcc0(GFP_KERNEL)', order: 0 },
    memory: {
      usageBytes: 536_870_912,
      limitBytes: 536_870_912,
      failcnt: 31,
      swapUsageBytes: 0,
      swapLimitBytes: null,
    },
    culprits: null,
    complete: true,
    trust: 'kernel',
    source: 'journal',
    sources: ['journal'],
    raw: ['Memory cgroup out of memory: Killed process 48213 (java) …'],
    ...changes,
  };
}
