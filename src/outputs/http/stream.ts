import * as z from 'zod/mini';
import { route } from './route.ts';

export const stream = route({
  path: '/v1/stream',
  summary: 'Server-sent events `verdict` and `oom-kill` as they happen; Last-Event-ID resumes, and `lost` says what is gone',
  params: z.object({}),
  response: null,
  contentType: 'text/event-stream',
  otherStatuses: { 503: 'As many readers as are allowed' },
  handle: ({ streams }) => ({
    stream: (request, response) => {
      streams.open(request, response);
    },
  }),
});
