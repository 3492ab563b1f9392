import { exitCode } from './exit-codes.ts';
import { listExits, oneExit } from './exits.ts';
import { explain } from './explain.ts';
import { healthz, readyz } from './health.ts';
import { metrics } from './metrics.ts';
import { listOomKills, oneOomKill } from './oom-kills.ts';
import { plainRoute, type Route } from './route.ts';
import { sources } from './sources.ts';
import { stream } from './stream.ts';

const texts = new Map<string, string>();

const openapi = plainRoute({
  path: '/openapi.json',
  summary: 'This description of the endpoint',
  response: null,
  contentType: 'application/json',
  otherStatuses: {},
  // Made on the first request: most agents are never asked, and it costs memory.
  async handle({ version }) {
    const text = texts.get(version) ?? JSON.stringify((await import('./openapi.ts')).openapiOf(ROUTES, version));
    texts.set(version, text);
    return { status: 200, text, contentType: 'application/json' };
  },
});

/** Everything that is served. A new resource is a file of its own and a line here. */
export const ROUTES: readonly Route[] = [
  listExits,
  oneExit,
  listOomKills,
  oneOomKill,
  explain,
  stream,
  sources,
  exitCode,
  metrics,
  healthz,
  readyz,
  openapi,
];
