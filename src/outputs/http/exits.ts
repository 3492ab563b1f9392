import * as z from 'zod/mini';
import { Why137Error } from '../../lib/errors.ts';
import { CAUSES, FAMILIES } from '../../model/cause.ts';
import { doc } from '../../model/doc.ts';
import { verdictPageSchema } from '../../model/page.ts';
import { verdictSchema } from '../../model/verdict.ts';
import { intParameter, oneOfParameter, pageParameters, textParameter, timeFrom } from './parameters.ts';
import { route } from './route.ts';

export const listExits = route({
  path: '/v1/exits',
  summary: 'Verdicts of container exits, newest first',
  params: z.object({
    code: intParameter(0, 255, 'exit code, a whole number from 0 to 255'),
    cause: oneOfParameter(CAUSES, 'cause'),
    family: oneOfParameter(FAMILIES, 'family of causes'),
    namespace: textParameter('Kubernetes namespace'),
    pod: textParameter('name of the pod'),
    container: textParameter('name or id of the container'),
    ...pageParameters,
  }),
  response: verdictPageSchema,
  handle({ store, now }, { since, until, ...query }) {
    const page = store.verdicts({ ...query, since: timeFrom(since, now()), until: timeFrom(until, now()) });
    return { status: 200, body: page };
  },
});

export const oneExit = route({
  path: '/v1/exits/:id',
  summary: 'The verdict of one exit',
  params: z.object({
    id: doc(z.string(), 'verdict id, container id, or the beginning of one that fits one container only'),
  }),
  response: verdictSchema,
  otherStatuses: { 400: 'The id fits several containers', 404: 'Nothing is known of it' },
  handle({ store }, { id }) {
    const verdict = store.verdict(id);
    if (verdict === 'ambiguous') throw ambiguous('id', id);
    if (verdict === null) throw new Why137Error('W137_NOT_FOUND', `No exit is known of ${JSON.stringify(id)}.`);
    return { status: 200, body: verdict };
  },
});

export function ambiguous(name: string, value: string): Why137Error {
  return new Why137Error(
    'W137_BAD_REQUEST',
    `Parameter ${name} has the value ${JSON.stringify(value)}, which several containers begin with; allowed: more of the id.`,
  );
}
