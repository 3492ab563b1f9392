import type { Verdict } from '../../model/verdict.ts';
import type { Explanation } from '../../outputs/http/explanation.ts';
import { nameOf } from '../../outputs/log/sentences.ts';
import { timesIn } from './times.ts';
import { renderKills, renderVerdict, type RenderOptions } from './verdict.ts';

/** The newest verdict of each container in full, earlier ones a line each; without verdicts, the kills. */
export function renderExplanation({ items, oomKills, target }: Explanation, options: RenderOptions): string {
  if (items.length === 0) return renderKills(target, oomKills, options);
  const newest = new Map<string, Verdict>();
  const earlier: Verdict[] = [];
  for (const verdict of items) {
    const who = nameOf(verdict.container);
    if (newest.has(who)) earlier.push(verdict);
    else newest.set(who, verdict);
  }
  const verdicts = [...newest.values()].map((verdict) => renderVerdict(verdict, oomKills, options));
  return [...verdicts, ...(earlier.length > 0 ? [listed(earlier, options)] : [])].join('\n');
}

const MAX_LISTED = 10;

function listed(earlier: readonly Verdict[], { timeZone }: RenderOptions): string {
  const times = timesIn(timeZone);
  const lines = earlier.slice(0, MAX_LISTED).map(({ exit, cause, confidence }) => {
    const when = `${times.date(exit.finishedAt)} ${times.clock(exit.finishedAt)}`;
    return `    ${when}  exit ${String(exit.code)}  ${cause}, ${confidence}`;
  });
  const more = earlier.length - lines.length;
  return ['  Before that', ...lines, ...(more > 0 ? [`    and ${String(more)} more (as JSON all are printed)`] : []), ''].join('\n');
}
