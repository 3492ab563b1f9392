import * as z from 'zod/mini';
import { KubectlError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';

const MAX_PAGES = 1_000;

/** Every item of a Kubernetes list, page by page where the API server gives pages. Throws KubectlError. */
export async function list<T>(kubectl: Kubectl, path: string, query: URLSearchParams, item: z.ZodMiniType<T>, options: { readonly mayPrompt?: boolean } = {}): Promise<T[]> {
  const schema = z.object({ metadata: z.optional(z.object({ continue: z.optional(z.string()) })), items: z.array(item) });
  const items: T[] = [];
  let more = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked = new URLSearchParams(query);
    if (more !== '') asked.set('continue', more);
    const text = await kubectl.get(`${path}?${asked.toString()}`, options);
    const answer = parse(schema, text);
    items.push(...answer.items);
    more = answer.metadata?.continue ?? '';
    if (more === '') break;
  }
  return items;
}

/** JSON of the API server by its schema. Throws KubectlError for what it is not. */
export function parse<T>(schema: z.ZodMiniType<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new KubectlError({ kind: 'other', said: 'the API server did not answer in JSON' });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new KubectlError({ kind: 'other', said: `the API server's answer is not what was asked for (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})` });
}
