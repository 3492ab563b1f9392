import type { Container } from './container-exit.ts';

/** The first's own values, completed by the second's; the first itself where there is nothing to complete. */
export function fill<T extends Container>(first: T, second: Container): T {
  const own: Readonly<Record<string, unknown>> = first;
  const missing: Record<string, unknown> = {};
  let any = false;
  for (const [key, value] of Object.entries(second)) {
    if (value === null || own[key] !== null) continue;
    missing[key] = value;
    any = true;
  }
  return any ? { ...first, ...missing } : first;
}
