import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** What stands on a page between two marks is what it is made of; `npm run golden` rewrites it. */
export function expectGenerated(file: string | URL, { begin, end }: { readonly begin: string; readonly end: string }, text: string): void {
  const page = readFileSync(file, 'utf8');
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  expect(from).toBeGreaterThan(0);
  expect(to).toBeGreaterThan(from);
  const fresh = `${page.slice(0, from)}${begin}${text}${page.slice(to)}`;
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, fresh);
  expect(readFileSync(file, 'utf8')).toBe(fresh);
}
