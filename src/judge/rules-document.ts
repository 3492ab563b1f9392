import { RULES } from './rules.ts';

/** docs/rules.md. */
export function rulesDocument(): string {
  const section = ({ name, when, gives, reaches, why }: (typeof RULES)[number], index: number): string =>
    [
      `## ${String(index + 1)}. \`${name}\``,
      `- **When** ${when}.`,
      `- **Gives** ${gives.map((cause) => `\`${cause}\``).join(', ')}`,
      `- **Reaches** ${reaches}`,
      `- **Why** ${why}`,
    ].join('\n');
  return `# Rules of judgement

Every exit goes through these rules in this order; the first that finds something decides, and the verdict names it in
\`rule\`. What belongs to the exit was settled before, by identity: a kill is joined by container id, by cgroup or by
PID 1's host pid, never by time alone. A line of a text log about a time in which the kernel counted no kill is not
believed and no rule sees it.
This page is written by \`node scripts/generate-docs.js\` from \`src/judge/rules.ts\`.

${RULES.map(section).join('\n\n')}
`;
}
