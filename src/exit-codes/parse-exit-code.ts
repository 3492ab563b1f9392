/** Reads a decimal integer with an optional sign ("137", "-1", "+1"); null for anything else, and beyond safe integers. */
export function parseExitCode(text: string): number | null {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) return null;
  const value = Number(trimmed);
  if (!Number.isSafeInteger(value)) return null;
  // "-0" is the number 0 for everybody who asks.
  return value === 0 ? 0 : value;
}
