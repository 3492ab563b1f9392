import { MS, SECOND, type Micros } from '../lib/time.ts';

/**
 * For so long kubelet waits for the end of a pod that it evicts or preempts: half as long again as its grace period, and at
 * least 10 s (pod_workers.go, killPodNow). What it says of it comes a little later. Null: the grace period is not known.
 */
export function kubeletPatienceUs(gracePeriodMs: number | null): Micros {
  return Math.max(10 * SECOND, 1.5 * (gracePeriodMs ?? 0) * MS);
}
