/** Colour only underlines what the words say already. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const code = (on: number, off: number) => (text: string) => `\u001b[${String(on)}m${text}\u001b[${String(off)}m`;
const plain = (text: string): string => text;

export function styleOf(color: boolean): Style {
  return color
    ? { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(33, 39) }
    : { bold: plain, dim: plain, good: plain, bad: plain };
}
