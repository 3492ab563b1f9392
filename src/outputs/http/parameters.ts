import * as z from 'zod/mini';
import { parseDuration } from '../../lib/duration.ts';
import { Why137Error } from '../../lib/errors.ts';
import { type Micros, MS, parseTime } from '../../lib/time.ts';
import { doc } from '../../model/doc.ts';

// Each parameter's description is also the end of the sentence that tells a reader what is allowed.

/** A whole number written in digits. */
export const intParameter = (min: number, max: number, description: string) =>
  doc(
    z.optional(
      z.pipe(
        z.pipe(z.string().check(z.regex(/^-?\d{1,15}$/)), z.transform(Number)),
        z.int().check(z.minimum(min), z.maximum(max)),
      ),
    ),
    description,
  );

export const oneOfParameter = <const V extends readonly string[]>(values: V, description: string) =>
  doc(z.optional(z.enum(values)), `${description}, one of: ${values.join(', ')}`);

export const textParameter = (description: string) =>
  doc(z.optional(z.string().check(z.minLength(1), z.maxLength(500))), description);

const timeParameter = (description: string) =>
  doc(
    z.optional(z.string().check(z.refine((text) => parseTime(text) !== null || parseDuration(text) !== null))),
    `${description}: an RFC 3339 time, or a duration back from now such as 90s, 15m, 1h or 7d`,
  );

/** The parameters that every list has. */
export const pageParameters = {
  since: timeParameter('from this time on'),
  until: timeParameter('before this time'),
  limit: intParameter(1, 1_000, 'items at most, a whole number from 1 to 1000 (100 when left out)'),
  cursor: textParameter('the `next` of the page before, unchanged'),
};

/** A time, or a duration back from now, in microseconds. */
export function timeFrom(text: string | undefined, now: Micros): Micros | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  return duration === null ? (parseTime(text) ?? undefined) : now - duration * MS;
}

/**
 * Path and query by the given schema. Throws Why137Error W137_BAD_REQUEST with one sentence that names parameter,
 * value and what is allowed: for an unknown parameter, one given twice, or a value that the schema refuses.
 */
export function readParameters<P extends z.ZodMiniObject>(
  schema: P,
  path: Readonly<Record<string, string | undefined>>,
  query: URLSearchParams,
): z.infer<P> {
  const given: Record<string, string | undefined> = { ...path };
  const names = Object.keys(schema.shape).filter((name) => !(name in path));
  for (const [name, value] of query) {
    if (!names.includes(name)) {
      throw badRequest(`There is no parameter ${name}; ${names.length > 0 ? `allowed: ${names.join(', ')}` : 'none is allowed'}.`);
    }
    if (name in given) throw badRequest(`Parameter ${name} is given twice; allowed: once.`);
    given[name] = value;
  }
  const result = z.safeParse(schema, given);
  if (result.success) return result.data;
  const name = String(result.error.issues[0]?.path[0] ?? '');
  const allowed = descriptionOf(schema.shape[name]);
  const value = given[name];
  throw badRequest(
    value === undefined
      ? `Parameter ${name} is missing: ${allowed}.`
      : `Parameter ${name} has the value ${JSON.stringify(value)}; allowed: ${allowed}.`,
  );
}

function descriptionOf(schema: z.core.$ZodType | undefined): string {
  return (schema && z.globalRegistry.get(schema)?.description) ?? 'another value';
}

const badRequest = (sentence: string): Why137Error => new Why137Error('W137_BAD_REQUEST', sentence);
