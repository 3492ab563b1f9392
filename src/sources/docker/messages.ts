import * as z from 'zod/mini';

/** What answers of the Docker Engine API (1.24 and later, podman's too) must look like before they are used. */
const ID = /^[0-9a-f]{64}$/;
const idSchema = z.string().check(z.regex(ID));
/** A detail that is of another shape than promised is as good as absent. */
const orNull = <S extends z.core.$ZodType>(schema: S) => z.catch(z.nullish(schema), null);
const textMapSchema = z.record(z.string(), z.string());

export const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: orNull(z.string()),
  Components: orNull(z.array(z.object({ Name: z.string() }))),
});

export const listSchema = z.array(z.unknown());
export const listedSchema = z.object({ Id: idSchema, State: orNull(z.string()) });

export const inspectSchema = z.object({
  Id: idSchema,
  Name: orNull(z.string()),
  RestartCount: orNull(z.int().check(z.nonnegative())),
  State: z.object({
    Running: z.boolean(),
    Restarting: orNull(z.boolean()),
    OOMKilled: orNull(z.boolean()),
    Pid: orNull(z.int()),
    ExitCode: z.int(),
    Error: orNull(z.string()),
    StartedAt: orNull(z.string()),
    FinishedAt: orNull(z.string()),
  }),
  Config: orNull(z.object({ Image: orNull(z.string()), Labels: orNull(textMapSchema), StopSignal: orNull(z.union([z.string(), z.number()])) })),
  HostConfig: orNull(z.object({ Memory: orNull(z.number()) })),
});
export type Inspect = z.infer<typeof inspectSchema>;

export const eventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: orNull(textMapSchema) }),
  /** Nanoseconds: beyond what a number holds exactly, to the microsecond good enough. */
  timeNano: z.number().check(z.positive()),
});
