import * as z from 'zod/mini';
import { sourcesSchema } from '../../model/source-status.ts';
import { route } from './route.ts';

export const sources = route({
  path: '/v1/sources',
  summary: 'Every source of facts, what it cannot see, and how it agrees with the kernel',
  params: z.object({}),
  response: sourcesSchema,
  handle: (context) => ({ status: 200, body: context.sources() }),
});
