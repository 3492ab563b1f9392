import * as z from 'zod/mini';

/** Gives a schema the description that JSON Schema and OpenAPI readers see. */
export function doc<S extends z.core.$ZodType>(schema: S, description: string): S {
  z.globalRegistry.add(schema, { description });
  return schema;
}

export const time = (description: string) => doc(z.string(), `${description} (RFC 3339, UTC)`);
export const timeOrNull = (description: string) => z.nullable(time(description));
export const bytesOrNull = (description: string) => z.nullable(doc(z.number(), `${description} (bytes)`));
export const textOrNull = (description: string) => z.nullable(doc(z.string(), description));
export const intOrNull = (description: string) => z.nullable(doc(z.int(), description));
