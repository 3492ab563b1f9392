import { describe, expect, it } from 'vitest';
import { exitCodeText } from '../../src/commands/exit-code.ts';
import { explainExitCode } from '../../src/exit-codes/explain-exit-code.ts';

const CODES = [0, 1, 2, 125, 126, 127, 128, 130, 134, 137, 138, 139, 143, 144, 158, 255, 256, -1, -256];

/** The whole of what people and programs see; `npx vitest run --project fast test/exit-codes -u` rewrites it. */
describe.each(CODES)('exit-code %i', (given) => {
  it('as JSON', async () => {
    const json = `${JSON.stringify(explainExitCode(given), null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(`golden/${given}.json`);
  });

  it('as text', async () => {
    await expect(exitCodeText(explainExitCode(given))).toMatchFileSnapshot(`golden/${given}.txt`);
  });
});
