import * as z from 'zod/mini';
import { timestampSchema } from '../grpc/proto-time.ts';

/** What containerd's answers must look like before they are used (proto/containerd.proto, as the codec decodes it). */
const bytesSchema = z.instanceof(Uint8Array);
const anySchema = z.nullable(z.object({ typeUrl: z.string(), value: bytesSchema }));
const idSchema = z.string().check(z.minLength(1));

export const versionSchema = z.object({ version: z.string() });

export const namespacesSchema = z.object({ namespaces: z.array(z.object({ name: idSchema })) });

export const containerRecordSchema = z.object({
  id: idSchema,
  labels: z.record(z.string(), z.string()),
  image: z.string(),
  runtime: z.nullable(z.object({ name: z.string() })),
  spec: anySchema,
});
export type ContainerRecord = z.infer<typeof containerRecordSchema>;
export const containerReplySchema = z.object({ container: containerRecordSchema });

/** containerd.v1.types.Status: 0 unknown, 1 created, 2 running, 3 stopped, 4 paused, 5 pausing. */
export const TASK_STOPPED = 3;
export const TASK_CREATED = 1;
export const TASK_RUNNING = 2;

export const taskSchema = z.object({
  containerId: z.string(),
  id: z.string(),
  pid: z.int(),
  status: z.int(),
  exitStatus: z.int(),
  exitedAt: timestampSchema,
});
export type Task = z.infer<typeof taskSchema>;
export const tasksSchema = z.object({ tasks: z.array(z.unknown()) });

export const envelopeSchema = z.object({
  timestamp: timestampSchema,
  namespace: z.string(),
  topic: z.string(),
  event: anySchema,
});

export const taskStartSchema = z.object({ containerId: idSchema, pid: z.int() });
export const taskExitSchema = z.object({
  containerId: idSchema,
  id: z.string(),
  pid: z.int(),
  exitStatus: z.int(),
  exitedAt: timestampSchema,
});
export const containerChangeSchema = z.object({ id: idSchema });
