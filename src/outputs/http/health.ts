import * as z from 'zod/mini';
import { plainRoute } from './route.ts';

const healthSchema = z.object({ status: z.literal('ok'), version: z.string() });
const readySchema = z.object({ ready: z.boolean(), why: z.string() });

export const healthz = plainRoute({
  path: '/healthz',
  summary: 'Whether the agent runs',
  response: healthSchema,
  contentType: 'application/json',
  otherStatuses: {},
  handle: ({ version }) => ({ status: 200, body: { status: 'ok', version } }),
});

export const readyz = plainRoute({
  path: '/readyz',
  summary: 'Whether the agent has read what happened before it started, and why not',
  response: readySchema,
  contentType: 'application/json',
  otherStatuses: { 503: 'Not yet' },
  handle(context) {
    const { ready, why } = context.ready();
    return { status: ready ? 200 : 503, body: { ready, why } };
  },
});
