import * as z from 'zod/mini';

/**
 * The JSON Schema (2020-12) of what a schema puts out. Fields may be added in any release (docs: nothing is renamed or
 * dropped), so that no object says that it has no others.
 */
export function jsonSchema(schema: z.core.$ZodType): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { unrepresentable: 'any', override: allowMore }) };
}

/** For `z.toJSONSchema`: drops `additionalProperties: false`. */
export function allowMore({ jsonSchema: node }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (node.additionalProperties === false) delete node.additionalProperties;
}
