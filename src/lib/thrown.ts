/** The code of what was thrown (`ENOENT`); empty where it has none. */
export function errno(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What was thrown, in its own words. */
export function sayThrown(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
