import { describe, expect, it } from 'vitest';
import { exitCodeText, runExitCode } from '../../src/commands/exit-code.ts';
import { explainExitCode } from '../../src/exit-codes/explain-exit-code.ts';
import { Why137Error } from '../../src/lib/errors.ts';
import { exitCodeSchema } from '../../src/model/exit-code.ts';

function run(arg: string, json: boolean): string {
  let text = '';
  runExitCode(arg, { json, out: (s) => (text += s) });
  return text;
}

describe('runExitCode', () => {
  it('prints one ExitCode object with --json', () => {
    const text = run('-1', true);
    expect(text.endsWith('\n')).toBe(true);
    expect(exitCodeSchema.parse(JSON.parse(text))).toEqual(explainExitCode(-1));
  });

  it('prints the answer first for people, and the way to the cause of a 137', () => {
    const lines = run('137', false).split('\n');
    expect(lines[0]).toBe('137: Ended by SIGKILL (128 + 9), or the program returned 137 itself.');
    expect(lines[1]).toContain('why137 explain');
    expect(run('+256', false)).toMatch(/^0: exit\(256\) ends with 0\. Success\.\n/);
  });

  it.each(['abc', '', '1.5', '0x89', '99999999999999999999', 'x'.repeat(100_000)])('refuses %.20j', (arg) => {
    const failure = (() => {
      try {
        return run(arg, false);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(Why137Error);
    expect(failure).toMatchObject({ code: 'W137_NOT_INTEGER', exitStatus: 2 });
    expect(String(failure)).toContain('give a decimal integer');
    expect(String(failure).length).toBeLessThan(200);
  });
});

describe('exitCodeText', () => {
  it('keeps every code within 80 columns, or another width', () => {
    for (let code = -1; code <= 256; code += 1) {
      const explained = explainExitCode(code);
      for (const width of [80, 100]) {
        const tooWide = exitCodeText(explained, { width })
          .split('\n')
          .filter((line) => line.length > width || line.trimEnd() !== line);
        expect(tooWide).toEqual([]);
      }
    }
  });

  it('names a source for whatever it says', () => {
    const text = exitCodeText(explainExitCode(134));
    expect(text.match(/Source: /g)?.length).toBe(explainExitCode(134).meanings.length + 1);
  });
});
