import type { Scenario } from '../support/scenario.ts';
import { audited } from './audited.ts';
import { limits } from './limits.ts';
import { node } from './node.ts';
import { notOom } from './not-oom.ts';
import { orchestrator } from './orchestrator.ts';
import { docker } from './docker.ts';
import { shutdown } from './shutdown.ts';
import { userspace } from './userspace.ts';

/** In the order in which they are made to happen: what strains the whole node comes last. */
export const SCENARIOS: readonly Scenario[] = [...limits, ...notOom, ...orchestrator, ...node, ...userspace];

/** After these the agent has another pod. */
export const LAST: readonly Scenario[] = [...shutdown, ...audited, ...docker];
