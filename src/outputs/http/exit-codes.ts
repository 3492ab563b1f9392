import * as z from 'zod/mini';
import { parseExitCode } from '../../exit-codes/parse-exit-code.ts';
import { Why137Error } from '../../lib/errors.ts';
import { doc } from '../../model/doc.ts';
import { exitCodeSchema } from '../../model/exit-code.ts';
import { route } from './route.ts';

export const exitCode = route({
  path: '/v1/exit-codes/:n',
  summary: 'What an exit code means, by every convention that applies',
  params: z.object({ n: doc(z.string(), 'a whole number, such as 137 or -1') }),
  response: exitCodeSchema,
  otherStatuses: { 400: 'Not an integer' },
  handle(context, { n }) {
    const given = parseExitCode(n);
    if (given === null) {
      throw new Why137Error(
        'W137_NOT_INTEGER',
        `Parameter n has the value ${JSON.stringify(n)}; allowed: a whole number of at most 15 digits, such as 137 or -1.`,
      );
    }
    return { status: 200, body: context.exitCode(given) };
  },
});
