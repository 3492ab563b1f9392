import * as z from 'zod/mini';
import { causeSchema, confidenceSchema, familySchema } from '../../model/cause.ts';
import { victimWasSchema } from '../../model/culprits.ts';
import { doc, time } from '../../model/doc.ts';
import { levelSchema, scopeSchema, trustSchema } from '../../model/oom-kill.ts';

const text = (description: string) => z.optional(doc(z.string(), description));
const int = (description: string) => z.optional(doc(z.int(), description));

/** What lines tell of; docs/logs.md says what each means. */
export const LINE_EVENTS = [
  'exit.verdict', 'oom.kill',
  'source.up', 'source.down', 'source.gap',
  'agent.start', 'agent.ready', 'agent.stop', 'agent.state', 'agent.events', 'agent.exposed', 'agent.clock', 'agent.log', 'agent.security', 'agent.error',
] as const;
export type LineEvent = (typeof LINE_EVENTS)[number];

/** One line of the agent's log: flat, OpenTelemetry's names where it has one; what is not known is left out. */
export const logLineSchema = doc(
  z.looseObject({
    level: z.enum(['debug', 'info', 'warn', 'error']),
    time: time('When the line was written'),
    event: doc(z.string(), LINE_EVENTS.join(', ')),
    msg: doc(z.string(), 'What happened, in one sentence'),
    'k8s.node.name': text('Node that the agent runs on'),
    'k8s.namespace.name': text('Namespace of the pod'),
    'k8s.pod.name': text('Name of the pod'),
    'k8s.pod.uid': text('Uid of the pod'),
    'k8s.container.name': text('Name of the container in its pod'),
    'k8s.container.restart_count': int('How often the container was restarted before'),
    'container.id': text("The runtime's id of the container"),
    'container.runtime.name': text('Runtime that ran it'),
    'container.image.name': text('Image reference'),
    'process.pid': int('PID 1 of the container, or the victim of a kill, as the host numbers it'),
    'exit.code': int('Exit code of the container'),
    'exit.time': text('When the container ended'),
    'why137.cause': z.optional(causeSchema),
    'why137.family': z.optional(familySchema),
    'why137.confidence': z.optional(confidenceSchema),
    'why137.verdict.id': text('Id of the verdict'),
    'why137.verdict.revision': int('Revision of the verdict'),
    'why137.verdict.final': z.optional(z.boolean()),
    'why137.runtime_agrees': z.optional(doc(z.boolean(), "Whether the runtime's reason tells the same story")),
    'why137.oom_kill.ids': z.optional(doc(z.array(z.string()), 'OOM kills inside the container')),
    'why137.oom_kill.id': text('Id of the kill'),
    'why137.oom_kill.time': text('When the kernel killed'),
    'why137.oom_kill.victim': text("The kernel's name of the victim"),
    'why137.oom_kill.scope': z.optional(scopeSchema),
    'why137.oom_kill.level': z.optional(levelSchema),
    'why137.oom_kill.limit_cgroup': text('The cgroup whose limit was hit'),
    'why137.oom_kill.victim_cgroup': text('The cgroup that the victim was in'),
    'why137.oom_kill.trust': z.optional(trustSchema),
    'why137.victim.was': doc(z.optional(victimWasSchema), 'What the victim was among those that held the memory'),
    'why137.victim.share': z.optional(doc(z.number(), "The victim's part of what all listed processes held, 0 to 1")),
    'why137.top_holder.pid': int('The process that held the most'),
    'why137.top_holder.name': text("The kernel's name of it"),
    'why137.top_holder.held_bytes': int('What it held (bytes)'),
    'why137.top_holder.container.id': text('Its container, where that is known'),
    'why137.top_holder.k8s.namespace.name': text("Its pod's namespace"),
    'why137.top_holder.k8s.pod.name': text("Its pod's name"),
    'why137.top_holder.k8s.container.name': text("Its container's name"),
    'why137.source': text('Source that a source event is of'),
    'why137.source.cure': text('The one change that would mend the source'),
    'why137.gap.from': text('Begin of what was lost'),
    'why137.gap.to': text('End of what was lost'),
    'why137.version': text('Version of the agent'),
    url: text('Where the agent answers'),
    'error.code': text('Code of the error (docs/errors.md)'),
    'why137.state.dir': text('State directory'),
    'why137.clock.set_by_ms': int('By how much the wall clock was set (ms)'),
    'why137.log.lines_dropped': int('Lines that were lost because nobody read them'),
  }),
  "One line of the agent's log",
);
export type LogLine = z.infer<typeof logLineSchema>;
/** What the writer of a line gives; the rest is added to every line. */
export type LogFields = Partial<Omit<LogLine, 'level' | 'time' | 'event' | 'msg'>>;
