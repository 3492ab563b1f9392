/** The text without the characters at its end that `of` matches; in one step each, however many there are. */
export function trimEndOf(text: string, of: RegExp): string {
  let end = text.length;
  while (end > 0 && of.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
