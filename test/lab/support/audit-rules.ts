import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './cache.ts';

/** The rules that docs/audit.md tells people to load, as it has them. */
export function auditRules(): string {
  const rules = readFileSync(join(repository, 'docs/audit.md'), 'utf8').split('\n').filter((line) => line.startsWith('-a '));
  if (rules.length === 0) throw new Error('docs/audit.md has no line that begins with -a.');
  return rules.join('\n');
}
