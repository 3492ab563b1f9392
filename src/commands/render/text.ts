const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text from outside (process names, reasons) as a terminal may see it: control characters and those that turn the
 * direction of writing are spelt out, so that a process name can neither move the cursor nor forge a line.
 */
export function safe(text: string): string {
  return text.replace(HOSTILE, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Breaks text into lines of at most `width` characters, at spaces where there are some. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && length(line) + 1 + length(rest) <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (length(rest) > width) {
      const chars = Array.from(rest);
      lines.push(chars.slice(0, width).join(''));
      rest = chars.slice(width).join('');
    }
    line = rest;
  }
  return [...lines, line];
}

/** `head`, then the wrapped text; further lines stand under the first. */
export function hang(head: string, text: string, width: number): string[] {
  const indent = ' '.repeat(length(head));
  return wrap(text, Math.max(20, width - length(head))).map((line, n) => (n === 0 ? head : indent) + line);
}

export const length = (text: string): number => Array.from(text).length;
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - length(text)));
