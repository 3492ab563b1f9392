import { type ErrorCode, ERRORS, Why137Error } from '../../lib/errors.ts';
import type { Problem } from '../../model/problem.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  W137_BAD_REQUEST: 400,
  W137_NOT_INTEGER: 400,
  W137_NOT_FOUND: 404,
  W137_METHOD: 405,
  W137_BUSY: 503,
  W137_UNAUTHORIZED: 401,
};

/** `application/problem+json` for a code; the status follows from the code unless given. */
export function problem(code: ErrorCode, detail: string, status: number = STATUS[code] ?? 500): Problem {
  return { type: `urn:why137:error:${code}`, title: ERRORS[code].title, status, detail, code };
}

/** The problem that a thrown value is. What was not meant for readers is not shown to them. */
export function problemOf(error: unknown): Problem {
  return error instanceof Why137Error
    ? problem(error.code, error.message)
    : problem('W137_INTERNAL', 'The request failed inside why137; the log has the reason.');
}
