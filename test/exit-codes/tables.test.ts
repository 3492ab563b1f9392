import { describe, expect, it } from 'vitest';
import { CONVENTIONS } from '../../src/exit-codes/conventions.ts';
import { RANGES } from '../../src/exit-codes/ranges.ts';
import { TELL_APART_137 } from '../../src/exit-codes/tell-apart.ts';
import { CAUSES } from '../../src/model/cause.ts';
import { expectGenerated } from '../generated-part.ts';

const PAGE = new URL('../../docs/exit-codes.md', import.meta.url);
const BEGIN = '<!-- From the tables in src/exit-codes; a test holds it fresh, `npm run golden` rewrites it. -->\n';
const END = '<!-- End of the tables. -->\n';

function tablesAsMarkdown(): string {
  const ranges = RANGES.map(({ from, to, text, source }) => [from === to ? `${from}` : `${from}–${to}`, text, source]);
  const conventions = CONVENTIONS.map(({ title, rows, source }) => {
    const lines = rows.map((row) => [`${row.code}`, row.name, row.text, row.source ?? source]);
    return `### ${title}\n\n${table(['Code', 'Name', 'Meaning', 'Source'], lines)}`;
  });
  return [`### Ranges\n\n${table(['Codes', 'What they are', 'Source'], ranges)}`, ...conventions].join('\n');
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

describe('the tables', () => {
  it('have ranges for all of 0-255, without gap or overlap', () => {
    let next = 0;
    for (const { from, to } of RANGES) {
      expect(from).toBe(next);
      expect(to).toBeGreaterThanOrEqual(from);
      next = to + 1;
    }
    expect(next).toBe(256);
  });

  it('have codes of 0-255 only, and every convention once', () => {
    expect(new Set(CONVENTIONS.map(({ id }) => id)).size).toBe(CONVENTIONS.length);
    for (const { rows, source } of CONVENTIONS) {
      expect(source).not.toBe('');
      for (const { code } of rows) expect(code >= 0 && code <= 255).toBe(true);
    }
  });

  it('tell the causes of 137 apart in the words of the verdicts', () => {
    expect(CAUSES).toEqual(expect.arrayContaining(TELL_APART_137.map(({ cause }) => cause)));
  });

  it('are what docs/exit-codes.md shows', () => {
    expectGenerated(PAGE, { begin: BEGIN, end: END }, `\n${tablesAsMarkdown()}\n`);
  });
});
