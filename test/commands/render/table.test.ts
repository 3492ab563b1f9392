import { expect, it } from 'vitest';
import { renderTable, tableRowOf } from '../../../src/commands/render/table.ts';
import { verdict } from '../../store/samples.ts';

const rows = [
  tableRowOf(verdict('v1')),
  tableRowOf(
    verdict('v2', {
      container: { podNamespace: 'batch', podName: 'report-with-a-long-name-x2x4', containerName: 'node' },
      cause: 'node-oom',
      summary: 'The node ran out of memory and the kernel chose this container: 84 MiB of its 128 MiB limit used.',
      runtimeAgrees: false,
    }),
  ),
  tableRowOf(verdict('v3', { exit: { runtimeReason: null }, cause: 'not-oom', confidence: 'likely', summary: 'Not killed by the kernel.' })),
];

it.each([80, 100, 120])('reads as its golden file at %i columns', async (width) => {
  const text = renderTable(rows, { color: false, width });
  await expect(text).toMatchFileSnapshot(`./golden/table-${width}.txt`);
  for (const line of text.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(width);
});
