import type { Verdict } from '../../model/verdict.ts';
import { nameOf } from '../../outputs/log/sentences.ts';
import { styleOf } from './style.ts';
import { length, pad, safe, wrap } from './text.ts';

export interface TableRow {
  readonly container: string;
  readonly exit: string;
  /** What Kubernetes or the runtime said. */
  readonly said: string;
  /** What really happened. */
  readonly cause: string;
  readonly why: string;
}

const HEAD: TableRow = { container: 'Container', exit: 'Exit', said: 'Kubernetes said', cause: 'What really happened', why: 'Why' };
const GAP = '  ';

export function tableRowOf(verdict: Verdict): TableRow {
  const { exit, runtimeAgrees, cause, confidence, summary } = verdict;
  const mark = runtimeAgrees === false ? ' (not so)' : '';
  return {
    container: nameOf(verdict.container),
    exit: String(exit.code),
    said: exit.runtimeReason === null ? 'nothing' : `${exit.runtimeReason}${mark}`,
    cause: `${cause} (${confidence})`,
    why: summary,
  };
}

const SHARES = [0.22, 0.06, 0.14, 0.2];

/** Rows as a table of at most `width` columns (80 to 120 read best); cells wrap. */
export function renderTable(rows: readonly TableRow[], options: { color: boolean; width?: number }): string {
  const head = [HEAD.container, HEAD.exit, HEAD.said, HEAD.cause, HEAD.why];
  return renderCells(head, SHARES, rows.map(({ container, exit, said, cause, why }) => [container, exit, said, cause, why]), options);
}

/** Any table: `shares` says how much of the width each column but the last may take. */
export function renderCells(
  head: readonly string[],
  shares: readonly number[],
  rows: readonly (readonly string[])[],
  { color, width = 100 }: { color: boolean; width?: number },
): string {
  const style = styleOf(color);
  const clean = rows.map((cells) => cells.map(safe));
  const widths = columnWidths([head, ...clean], shares, width);
  const rule = widths.map((columns) => '─'.repeat(columns)).join(GAP);
  return [
    ...lay(head, widths).map(style.bold),
    style.dim(rule),
    ...clean.flatMap((cells, n) => [...(n > 0 ? [''] : []), ...lay(cells, widths)]),
    '',
  ].join('\n');
}

/** The first columns take what they need, up to a share of the whole; the last takes the rest. */
function columnWidths(rows: readonly (readonly string[])[], shares: readonly number[], width: number): number[] {
  const most = shares.map((share) => Math.max(4, Math.floor(share * width)));
  const first = most.map((limit, column) => Math.min(limit, Math.max(...rows.map((cells) => length(cells[column] ?? '')))));
  const rest = width - first.reduce((sum, columns) => sum + columns, 0) - GAP.length * first.length;
  return [...first, Math.max(20, rest)];
}

function lay(cells: readonly string[], widths: readonly number[]): string[] {
  const columns = widths.map((columns, n) => wrap(cells[n] ?? '', columns));
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) =>
    columns.map((lines, n) => pad(lines[y] ?? '', widths[n] ?? 0)).join(GAP).trimEnd(),
  );
}
