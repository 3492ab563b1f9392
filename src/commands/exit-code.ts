import { explainExitCode, meaningOf } from '../exit-codes/explain-exit-code.ts';
import { parseExitCode } from '../exit-codes/parse-exit-code.ts';
import { Why137Error } from '../lib/errors.ts';
import type { ExitCode, ExitMeaning, SignalMeaning } from '../model/exit-code.ts';

const DEFAULT_WIDTH = 80;
const INDENT = '    ';

/**
 * `why137 exit-code N`: prints what N means, for people or (`json`) as one ExitCode object.
 * Throws W137_NOT_INTEGER when the argument is no decimal integer.
 */
export function runExitCode(arg: string, opts: { json: boolean; out: (s: string) => void }): void {
  const given = parseExitCode(arg);
  if (given === null) {
    const shown = JSON.stringify(arg.length > 40 ? `${arg.slice(0, 40)}…` : arg);
    throw new Why137Error(
      'W137_NOT_INTEGER',
      `${shown} is not an exit code: give a decimal integer of at most 15 digits, such as 137 or -1.`,
    );
  }
  const explained = explainExitCode(given);
  opts.out(opts.json ? `${JSON.stringify(explained)}\n` : exitCodeText(explained));
}

/** The explanation for people: the answer first, no line wider than `width` (80). */
export function exitCodeText(e: ExitCode, opts: { width?: number } = {}): string {
  const width = opts.width ?? DEFAULT_WIDTH;
  const lines = [
    ...answer(e, width),
    ...section('Telling the causes apart', tellApartLines(e, width)),
    ...section('What it can mean', meaningLines(e.meanings, width)),
    ...section('On other architectures', e.signal === null ? [] : architectureLines(e.signal, width)),
    ...section(`Where ${rangeTitle(e)} from`, [
      ...wrap(e.rangeDetail.text, INDENT, width),
      ...wrap(`Source: ${e.rangeDetail.source}`, INDENT, width),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function answer(e: ExitCode, width: number): string[] {
  const becomes = e.given === e.code ? '' : `exit(${e.given}) ends with ${e.code}. `;
  const lines = wrap(`${e.code}: ${becomes}${meaningOf(e.code)}`, '', width);
  if (e.tellApart.length > 0) {
    lines.push(...wrap('Which of its causes it was: why137 explain NAMESPACE/POD', '', width));
  }
  return lines;
}

function meaningLines(meanings: readonly ExitMeaning[], width: number): string[] {
  if (meanings.length === 0) {
    return wrap('No convention known here has it; the documentation or source of the program tells.', INDENT, width);
  }
  return meanings.flatMap(({ convention, name, text, source }) => [
    ...wrap(`${convention}: ${name}`, INDENT, width),
    ...wrap(text, `${INDENT}  `, width),
    ...wrap(`Source: ${source}`, `${INDENT}  `, width),
  ]);
}

function architectureLines(signal: SignalMeaning, width: number): string[] {
  const names = signal.variants.map(({ name, architectures }) => `${name} (${architectures.join(', ')})`);
  const codes = signal.numbers.map(({ code, architectures }) => `${code} (${architectures.join(', ')})`);
  return [
    ...(names.length > 0 ? wrap(`Signal ${signal.number} is ${names.join('; ')}.`, INDENT, width) : []),
    ...(codes.length > 0 ? wrap(`${signal.name} gives ${codes.join('; ')}.`, INDENT, width) : []),
  ];
}

function rangeTitle(e: ExitCode): string {
  const { from, to } = e.rangeDetail;
  return from === to ? `${from} comes` : `${from}-${to} come`;
}

function tellApartLines(e: ExitCode, width: number): string[] {
  return e.tellApart.flatMap(({ cause, how }) => [
    ...wrap(cause, INDENT, width),
    ...wrap(how, `${INDENT}  `, width),
  ]);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `  ${title}`, ...lines];
}

/** Breaks at spaces; a single word longer than the line stays whole. */
function wrap(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}
