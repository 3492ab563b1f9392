import type { OutgoingHttpHeaders } from 'node:http';
import type { Problem } from '../../model/problem.ts';

/** Why a request is not served. */
export interface Refusal {
  readonly problem: Problem;
  readonly headers: OutgoingHttpHeaders;
}
