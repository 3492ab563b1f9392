import * as z from 'zod/mini';
import { Why137Error } from '../../lib/errors.ts';
import { doc } from '../../model/doc.ts';
import { levelSchema, oomKillSchema, scopeSchema } from '../../model/oom-kill.ts';
import { oomKillPageSchema } from '../../model/page.ts';
import { oneOfParameter, pageParameters, textParameter, timeFrom } from './parameters.ts';
import { route } from './route.ts';

export const listOomKills = route({
  path: '/v1/oom-kills',
  summary: 'Processes that the kernel killed for want of memory, newest first',
  params: z.object({
    scope: oneOfParameter(scopeSchema.options, 'what ran out'),
    level: oneOfParameter(levelSchema.options, 'whose limit was hit'),
    container: textParameter("the victim's container id, or the beginning of it"),
    pod: textParameter("uid of the victim's pod"),
    ...pageParameters,
  }),
  response: oomKillPageSchema,
  handle({ store, now }, { since, until, ...query }) {
    const page = store.oomKills({ ...query, since: timeFrom(since, now()), until: timeFrom(until, now()) });
    return { status: 200, body: page };
  },
});

export const oneOomKill = route({
  path: '/v1/oom-kills/:id',
  summary: 'One killed process',
  params: z.object({ id: doc(z.string(), 'id of the kill') }),
  response: oomKillSchema,
  otherStatuses: { 404: 'No such kill is known' },
  handle({ store }, { id }) {
    const kill = store.oomKill(id);
    if (kill === null) throw new Why137Error('W137_NOT_FOUND', `No OOM kill is known by the id ${JSON.stringify(id)}.`);
    return { status: 200, body: kill };
  },
});
