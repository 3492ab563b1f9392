import { plainRoute } from './route.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const metrics = plainRoute({
  path: '/metrics',
  summary: 'Prometheus metrics (docs/metrics.md)',
  protected: 'if-wanted',
  response: null,
  contentType: CONTENT_TYPE,
  otherStatuses: {},
  handle: async (context) => ({ status: 200, text: await context.metrics(), contentType: CONTENT_TYPE }),
});
