import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './cache.ts';
import type { Lab } from './lab.ts';

/** Has audit record by the very rules that docs/audit.md has, begun while the agent runs, as whoever reads that would. */
export async function whileAudited(lab: Lab, act: () => Promise<void>): Promise<void> {
  const begin = lab.guest.kernel.audit === 'auditd' ? 'systemctl start auditd; ' : '';
  await lab.guest.sh(`${begin}auditctl -D > /dev/null; cat > /etc/audit/rules.d/why137.rules <<'X'\n${auditRules()}\nX\naugenrules --load; auditctl -e 1`);
  try {
    await act();
  } finally {
    await lab.guest.sh('auditctl -D; auditctl -e 0');
  }
}

function auditRules(): string {
  const rules = readFileSync(join(repository, 'docs/audit.md'), 'utf8').split('\n').filter((line) => line.startsWith('-a '));
  if (rules.length === 0) throw new Error('docs/audit.md has no line that begins with -a.');
  return rules.join('\n');
}
