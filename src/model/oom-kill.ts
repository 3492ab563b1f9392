import * as z from 'zod/mini';
import { culpritsSchema } from './culprits.ts';
import { bytesOrNull, doc, intOrNull, textOrNull, timeOrNull } from './doc.ts';

export const scopeSchema = z.enum(['memcg', 'global', 'cpuset', 'mempolicy', 'unknown']);
export type Scope = z.infer<typeof scopeSchema>;
export const levelSchema = z.enum(['container', 'nested', 'pod', 'qos', 'kubepods', 'other', 'node']);
export type Level = z.infer<typeof levelSchema>;
/** `kernel`: the record proves that the kernel wrote it; `text`: anybody allowed to log could have written it. */
export const trustSchema = z.enum(['kernel', 'text']);
export type Trust = z.infer<typeof trustSchema>;

export const victimSchema = z.object({
  pid: intOrNull("The victim's pid as the host numbers it"),
  comm: textOrNull("The kernel's 15-byte name of the victim; bytes that are not UTF-8 as U+FFFD"),
  uid: intOrNull("The victim's user id"),
  totalVmBytes: bytesOrNull('Virtual size'),
  anonRssBytes: bytesOrNull('Resident anonymous memory'),
  fileRssBytes: bytesOrNull('Resident file pages'),
  shmemRssBytes: bytesOrNull('Resident shared memory'),
  oomScoreAdj: intOrNull('oom_score_adj of the victim'),
});

export const invokerSchema = z.object({
  comm: textOrNull('Who asked for the memory that was not there (not the victim)'),
  pid: intOrNull("The invoker's pid"),
  oomScoreAdj: intOrNull('oom_score_adj of the invoker'),
  gfpMask: textOrNull('gfp_mask as the kernel printed it'),
  order: intOrNull('Allocation order; -1: asked for by sysrq'),
});

export const oomMemorySchema = z.object({
  usageBytes: bytesOrNull('Usage of the cgroup whose limit was hit'),
  limitBytes: bytesOrNull('That limit; null: none'),
  failcnt: intOrNull('How often the limit was hit'),
  swapUsageBytes: bytesOrNull('Swap (cgroup v2) or memory+swap (v1) usage'),
  swapLimitBytes: bytesOrNull('Limit of the same; null: none'),
});

/** One process killed by the kernel for want of memory (contract: OomKill). */
export const oomKillSchema = doc(
  z.object({
    kind: z.literal('oom-kill'),
    id: doc(z.string(), 'The same for the same kill, whichever source it was read from'),
    reportId: doc(z.string(), 'Shared by the kills of one report (a group kill is several)'),
    time: timeOrNull('Wall time of the kill, where the source tells it'),
    monotonicUs: z.nullable(doc(z.number(), "The kernel's own clock, microseconds since boot")),
    bootId: textOrNull('Boot that the monotonic time belongs to'),
    scope: doc(scopeSchema, 'What ran out, as the kernel states it'),
    level: doc(z.nullable(levelSchema), 'Whose limit was hit'),
    limitCgroup: textOrNull('oom_memcg: the cgroup whose limit was hit'),
    victimCgroup: textOrNull('task_memcg: the cgroup the victim was in'),
    containerId: textOrNull("The victim's container, without runtime prefix or .scope"),
    podUid: textOrNull("The victim's pod"),
    groupKill: doc(z.boolean(), 'Killed because of memory.oom.group'),
    victim: victimSchema,
    invoker: invokerSchema,
    memory: oomMemorySchema,
    culprits: z._default(doc(z.nullable(culpritsSchema), 'Who held the memory; null: the report tells nothing of it'), null),
    complete: doc(z.boolean(), "False when the report's beginning or end was not seen"),
    trust: trustSchema,
    source: doc(z.string(), 'Where it was read first'),
    sources: doc(z.array(z.string()), 'Everywhere it was read: the same kill from two sources is one kill'),
    raw: doc(z.array(z.string()), 'The lines it was read from'),
  }),
  'One process that the kernel killed for want of memory',
);
export type OomKill = z.infer<typeof oomKillSchema>;
