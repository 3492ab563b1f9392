/** A row is met when its value (or, without one, its ratio) is at most what is allowed. */
export function met({ ratio, value, allowed }) {
  return allowed === undefined || (value ?? ratio) <= allowed;
}

const HEAD = ['what', 'why137', 'reference', 'its figure', 'ratio', 'allowed', ''];

export function table(rows) {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
  return [line(cells[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n');
}

/** The same for docs/performance.md. */
export function markdown(rows) {
  const line = (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(HEAD), line(HEAD.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}

function cellsOf(row) {
  const { what, ours, reference = '–', theirs = '–', ratio, allowed, unit } = row;
  const bound = allowed === undefined ? '–' : `≤ ${String(allowed)}${unit ? ` ${unit}` : ''}`;
  return [what, ours, reference, theirs, ratio === undefined ? '–' : ratio.toFixed(2), bound, allowed === undefined ? '' : met(row) ? 'ok' : 'MISSED'];
}
