import type { Cause, Confidence } from '../../../src/model/cause.ts';
import type { Lab } from './lab.ts';
import type { Kernel } from './kernels.ts';
import type { Manifest } from './manifest.ts';

/** How one container ends, known because the lab made it end so. */
export interface Death {
  readonly pod: string;
  readonly container: string;
  readonly code: number;
  /** What is right to say; `unknown` is never wrong, but does not do here. Null: nothing to say of a death that is none. */
  readonly cause: Cause;
  /** The least that a verdict may be. */
  readonly confidence: Confidence;
  /** What must stand in its summary. */
  readonly says?: string;
  /** OOM kills that must be named in its verdict. */
  readonly kills?: number;
}

export interface Scenario {
  /** Of the directory of its recording, and of its pods. */
  readonly name: string;
  /** What really happens, for the table. */
  readonly truth: string;
  /** What it takes of the machine; runs everywhere where left out. */
  readonly needs?: Partial<Pick<Kernel, 'cgroup' | 'audit'>>;
  /** None where it is no pod of Kubernetes that dies; of that no recording is left. */
  readonly manifests: readonly Manifest[];
  /** What is done to the pods once they are made. */
  readonly act?: (lab: Lab) => Promise<void>;
  readonly deaths: readonly Death[];
  /** The agent's pod is another one at the end, and what the one before had printed is gone with it. */
  readonly replacesAgent?: true;
}

/** Why a scenario cannot be had on a kernel; null: it can. */
export function lacks({ name, needs = {} }: Scenario, kernel: Kernel): string | null {
  const fits = (needs.cgroup ?? kernel.cgroup) === kernel.cgroup && (needs.audit ?? kernel.audit) === kernel.audit;
  if (fits) return null;
  return `${name} was left out: it needs ${[needs.cgroup && `cgroup ${needs.cgroup}`, needs.audit && `audit that is read by ${needs.audit}`].filter(Boolean).join(' and ')}.`;
}
