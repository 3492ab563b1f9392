import * as z from 'zod/mini';

export const FAMILIES = [
  'cgroup-limit',
  'node-wide',
  'userspace-oom',
  'orchestrator',
  'outside',
  'program',
  'unknown',
] as const;
export const familySchema = z.enum(FAMILIES);
export type Family = z.infer<typeof familySchema>;

export const CAUSES = [
  'container-limit-oom',
  'pod-limit-oom',
  'qos-limit-oom',
  'node-allocatable-oom',
  'ancestor-limit-oom',
  'cgroup-limit-oom',
  'node-oom',
  'numa-oom',
  'userspace-oom',
  'liveness-probe',
  'startup-probe',
  'eviction',
  'preemption',
  'node-shutdown',
  'pod-deletion',
  'runtime-stop',
  'external-sigkill',
  'not-oom',
  'program',
  'unknown',
] as const;
export const causeSchema = z.enum(CAUSES);
export type Cause = z.infer<typeof causeSchema>;

/** Every cause, with its family: the contract's table. */
export const FAMILY_OF: Readonly<Record<Cause, Family>> = {
  'container-limit-oom': 'cgroup-limit',
  'pod-limit-oom': 'cgroup-limit',
  'qos-limit-oom': 'cgroup-limit',
  'node-allocatable-oom': 'cgroup-limit',
  'ancestor-limit-oom': 'cgroup-limit',
  'cgroup-limit-oom': 'cgroup-limit',
  'node-oom': 'node-wide',
  'numa-oom': 'node-wide',
  'userspace-oom': 'userspace-oom',
  'liveness-probe': 'orchestrator',
  'startup-probe': 'orchestrator',
  eviction: 'orchestrator',
  preemption: 'orchestrator',
  'node-shutdown': 'orchestrator',
  'pod-deletion': 'orchestrator',
  'runtime-stop': 'orchestrator',
  'external-sigkill': 'outside',
  'not-oom': 'outside',
  program: 'program',
  unknown: 'unknown',
};

export const CONFIDENCES = ['certain', 'likely', 'possible'] as const;
export const confidenceSchema = z.enum(CONFIDENCES);
export type Confidence = z.infer<typeof confidenceSchema>;
