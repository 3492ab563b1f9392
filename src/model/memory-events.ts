import * as z from 'zod/mini';
import { doc, intOrNull, textOrNull, time } from './doc.ts';

/**
 * A reading of what the kernel counted in one memory cgroup since that was made: memory.events and memory.events.local of
 * cgroup v2; memory.oom_control and memory.failcnt of v1.
 */
export const memoryEventsSchema = doc(
  z.object({
    time: time('When it was read'),
    cgroup: doc(z.string().check(z.startsWith('/', { error: 'give a path from the root of the hierarchy' })), 'Path of the cgroup in its hierarchy'),
    containerId: z._default(textOrNull('The container whose own cgroup it is; null: one around containers'), null),
    inode: z._default(intOrNull('Tells it from another that is made by the same name when a container is started again'), null),
    oomKill: doc(z.int(), 'Processes of it that the kernel OOM-killed, whoever ran out of memory (oom_kill)'),
    below: doc(z.boolean(), 'Whether oomKill counts those of the cgroups below, too (cgroup v2)'),
    limitHits: z._default(intOrNull('How often its own limit was hit with nothing left to reclaim (oom of memory.events.local)'), null),
    limitHitsBelow: z._default(intOrNull('The same of it and of all below it (oom of memory.events)'), null),
    failcnt: z._default(intOrNull('How often its own limit was hit, reclaimed or not (cgroup v1)'), null),
  }),
  "One cgroup's own counts of OOM kills, as the kernel keeps them",
);
export type MemoryEvents = z.infer<typeof memoryEventsSchema>;
