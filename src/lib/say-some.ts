const SHOWN = 5;

/** The first few of many, and how many more there are. */
export function saySome(all: readonly string[], shown = SHOWN): string {
  const more = all.length - shown;
  return `${all.slice(0, shown).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}
