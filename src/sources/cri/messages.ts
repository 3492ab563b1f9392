import * as z from 'zod/mini';
import { int64Schema } from '../grpc/proto-time.ts';

/** What CRI answers must look like before they are used (proto/cri.proto, as the codec decodes it). */
const idSchema = z.string().check(z.minLength(1));
const textMapSchema = z.record(z.string(), z.string());

export const versionSchema = z.object({ runtimeName: z.string(), runtimeVersion: z.string() });
export type Version = z.infer<typeof versionSchema>;

/** ContainerState: 0 created, 1 running, 2 exited, 3 unknown. */
export const RUNNING = 1;
export const EXITED = 2;

export const listedSchema = z.object({ id: idSchema, state: z.int() });
export type Listed = z.infer<typeof listedSchema>;
export const listSchema = z.object({ containers: z.array(z.unknown()) });

export const statusSchema = z.object({
  id: idSchema,
  metadata: z.nullable(z.object({ name: z.string(), attempt: z.int() })),
  state: z.int(),
  startedAt: int64Schema,
  finishedAt: int64Schema,
  exitCode: z.int(),
  image: z.nullable(z.object({ image: z.string(), userSpecifiedImage: z.string() })),
  imageRef: z.string(),
  reason: z.string(),
  labels: textMapSchema,
  annotations: textMapSchema,
  resources: z.nullable(z.object({ linux: z.nullable(z.object({ memoryLimitInBytes: int64Schema })) })),
});
export type Status = z.infer<typeof statusSchema>;

export const statusReplySchema = z.object({ status: statusSchema, info: textMapSchema });
export type StatusReply = z.infer<typeof statusReplySchema>;

/** The JSON under `info` of a verbose status: not standardised, but containerd and CRI-O agree on these two. */
export const infoSchema = z.object({ pid: z.nullish(z.int()), runtimeType: z.optional(z.string()), runtimeSpec: z.nullish(z.unknown()) });
