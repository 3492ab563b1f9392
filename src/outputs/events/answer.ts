import * as z from 'zod/mini';

/** Why a write did not succeed for now; each is a label of a metric. */
export const TROUBLES = ['unreachable', 'timeout', 'unauthorized', 'forbidden', 'throttled', 'server-error'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** What came of one request. */
export type Answer =
  | { readonly type: 'written' }
  /** A create found the Event there already, or a patch found none. */
  | { readonly type: 'exists' | 'missing' }
  /** It will never be taken: the namespace goes away, or the API server does not like it. */
  | { readonly type: 'never'; readonly reason: 'namespace-gone' | 'rejected'; readonly why: string }
  | { readonly type: 'later'; readonly trouble: Trouble; readonly why: string; readonly afterMs: number | null };

/** The part of Kubernetes' Status that is of use here. */
const statusSchema = z.object({
  message: z.optional(z.string()),
  reason: z.optional(z.string()),
  details: z.optional(z.object({ causes: z.optional(z.array(z.object({ reason: z.optional(z.string()) }))) })),
});
type Status = z.infer<typeof statusSchema>;

const MAX_WHY = 300;

/** What the API server's answer to a create or a patch means. */
export function answerOf(method: 'POST' | 'PATCH', code: number, body: string, retryAfter: string | undefined, nowMs: number): Answer {
  if (code >= 200 && code < 300) return { type: 'written' };
  const status = statusOf(body);
  const why = `${String(code)} ${(status.message ?? status.reason ?? body).slice(0, MAX_WHY).replace(/\s+/g, ' ')}`.trim();
  if (code === 409) return method === 'POST' ? { type: 'exists' } : { type: 'later', trouble: 'server-error', why, afterMs: null };
  if (code === 404) return { type: 'missing' };
  if (code === 403 && isEnding(status)) return { type: 'never', reason: 'namespace-gone', why };
  const trouble = troubleOf(code);
  if (trouble === null) return { type: 'never', reason: 'rejected', why };
  return { type: 'later', trouble, why, afterMs: waitOf(retryAfter, nowMs) };
}

function troubleOf(code: number): Trouble | null {
  if (code === 401) return 'unauthorized';
  if (code === 403) return 'forbidden';
  if (code === 429) return 'throttled';
  return code >= 500 || code === 408 ? 'server-error' : null;
}

/** A namespace that is being deleted takes no new Events; that is no want of permission. */
function isEnding({ details, message }: Status): boolean {
  return details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true || message?.includes('because it is being terminated') === true;
}

function statusOf(body: string): Status {
  try {
    const parsed = statusSchema.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** Retry-After, in seconds or as a date. */
function waitOf(retryAfter: string | undefined, nowMs: number): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
