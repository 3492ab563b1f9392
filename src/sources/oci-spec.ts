import * as z from 'zod/mini';

const specSchema = z.object({
  linux: z.nullish(
    z.object({
      cgroupsPath: z.nullish(z.string()),
      resources: z.nullish(z.object({ memory: z.nullish(z.object({ limit: z.nullish(z.number()) })) })),
    }),
  ),
});

export interface SpecFacts {
  /** `linux.cgroupsPath` as written: a path, or systemd's `slice:prefix:id`. */
  readonly cgroup: string | null;
  readonly memoryLimitBytes: number | null;
}

export const NO_SPEC_FACTS: SpecFacts = { cgroup: null, memoryLimitBytes: null };

/** The two facts needed of an OCI runtime spec (already parsed JSON); null when it is no such spec. */
export function readSpec(spec: unknown): SpecFacts | null {
  const parsed = specSchema.safeParse(spec);
  if (!parsed.success) return null;
  const linux = parsed.data.linux;
  return {
    cgroup: linux?.cgroupsPath === '' ? null : (linux?.cgroupsPath ?? null),
    memoryLimitBytes: memoryLimit(linux?.resources?.memory?.limit ?? null),
  };
}

/** A limit in bytes; null where there is none (0, -1, or a number no machine has). */
export function memoryLimit(bytes: number | null): number | null {
  return bytes !== null && Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** JSON text to a value; null when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
