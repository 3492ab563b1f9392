import type { Cause, Confidence } from '../../../src/model/cause.ts';
import type { Lab } from './lab.ts';
import type { Cgroup } from './kernels.ts';
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
  /** OOM kills that must be named in its verdict. */
  readonly kills?: number;
}

export interface Scenario {
  /** Of the directory of its recording, and of its pods. */
  readonly name: string;
  /** What really happens, for the table. */
  readonly truth: string;
  /** Where it can be had; everywhere where left out. */
  readonly cgroup?: Cgroup;
  readonly manifests: readonly Manifest[];
  /** What is done to the pods once they are made. */
  readonly act?: (lab: Lab) => Promise<void>;
  readonly deaths: readonly Death[];
}
