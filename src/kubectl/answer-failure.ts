import * as z from 'zod/mini';
import { type Failure, type FailureKind, failureOf } from './failure.ts';

const statusSchema = z.object({ kind: z.literal('Status'), reason: z.optional(z.string()), message: z.string() });

const KINDS: Readonly<Record<number, FailureKind>> = { 400: 'bad-request', 401: 'unauthorized', 403: 'forbidden', 404: 'not-found' };

/** What an answer that is no success says: the API server's own Status in its words, anything else by the status code. */
export function answerFailure(status: number, text: string): Failure {
  const said = z.safeParse(statusSchema, json(text));
  if (!said.success) return { kind: KINDS[status] ?? 'other', said: `HTTP ${String(status)}` };
  const { reason = 'InternalError', message } = said.data;
  // As kubectl would put it.
  return failureOf(status === 401 ? `error: You must be logged in to the server (${message})` : `Error from server (${reason}): ${message}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
