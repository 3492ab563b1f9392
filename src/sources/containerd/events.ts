import type { Micros } from '../../lib/time.ts';
import type { ProtoCodec } from '../grpc/proto-codec.ts';
import { microsOfTimestamp } from '../grpc/proto-time.ts';
import { containerChangeSchema, envelopeSchema, taskExitSchema, taskStartSchema } from './messages.ts';

/** One event of containerd that matters here. `time` is when it was published; null when that was not said. */
export type ContainerdEvent =
  | { readonly type: 'start'; readonly namespace: string; readonly id: string; readonly time: Micros | null; readonly pid: number }
  | {
      readonly type: 'exit';
      readonly namespace: string;
      readonly id: string;
      readonly time: Micros | null;
      readonly pid: number;
      readonly exitCode: number;
      readonly exitedAt: Micros | null;
    }
  | { readonly type: 'changed' | 'deleted'; readonly namespace: string; readonly id: string; readonly time: Micros | null }
  /** Understood, and of no use: `why` says so. */
  | { readonly type: 'unused'; readonly why: string; readonly time: Micros | null };

export const TOPICS = ['/tasks/start', '/tasks/exit', '/tasks/oom', '/containers/create', '/containers/update', '/containers/delete'] as const;

/**
 * Reads one Envelope. Each inner message is chosen by topic, since its type's name changed between major versions.
 * @throws on anything that is not what the topic promises.
 */
export function readEvent(codec: ProtoCodec, bytes: Uint8Array): ContainerdEvent {
  const envelope = envelopeSchema.parse(codec.decode('Envelope', bytes));
  const { namespace, topic } = envelope;
  const time = microsOfTimestamp(envelope.timestamp);
  const inner = envelope.event?.value ?? new Uint8Array();
  switch (topic) {
    case '/tasks/start': {
      const start = taskStartSchema.parse(codec.decode('TaskStart', inner));
      return { type: 'start', namespace, id: start.containerId, time, pid: start.pid };
    }
    case '/tasks/exit': {
      const exit = taskExitSchema.parse(codec.decode('TaskExit', inner));
      // An exec's end has the exec's id; only the container's own process has the container's.
      if (exit.id !== exit.containerId) return { type: 'unused', why: 'exec-exit', time };
      const exitedAt = microsOfTimestamp(exit.exitedAt);
      return { type: 'exit', namespace, id: exit.containerId, time, pid: exit.pid, exitCode: exit.exitStatus, exitedAt };
    }
    case '/containers/create':
    case '/containers/update':
    case '/containers/delete': {
      const change = containerChangeSchema.parse(codec.decode('ContainerChange', inner));
      return { type: topic === '/containers/delete' ? 'deleted' : 'changed', namespace, id: change.id, time };
    }
    // The runtime's own notice is late, early or absent (cgroup v1 tells it of siblings too): the kernel is asked.
    case '/tasks/oom':
      return { type: 'unused', why: 'runtime-oom-notice', time };
    default:
      return { type: 'unused', why: 'other-topic', time };
  }
}
