import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERRORS } from '../../src/lib/errors.ts';

it('docs/errors.md and the table in the code say the same', () => {
  const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(W137_\w+)` \| (\d) \| ([^|]+) \| ([^|]+) \|$/gm)];
  const documented = rows.map(([, code, exit, title]) => [code, { exit: Number(exit), title }]);
  expect(documented).toEqual(Object.entries(ERRORS));
});
