import { saySome } from '../lib/say-some.ts';
import type { MissingNode, NodeVerdict } from '../model/cluster-answer.ts';
import { renderExplanation } from '../commands/render/explanation.ts';
import { renderCells, tableRowOf } from '../commands/render/table.ts';
import { hang, safe, wrap } from '../commands/render/text.ts';
import { type Times, timesIn } from '../commands/render/times.ts';
import type { Outcome } from './survey.ts';

export interface Paper {
  readonly format: 'table' | 'wide' | 'json';
  readonly color: boolean;
  readonly timeZone: string;
  readonly width: number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** For programs: one JSON document, whatever was found. */
export function printJson({ answer }: Outcome, { out }: Paper): void {
  out(`${JSON.stringify(answer, null, 2)}\n`);
}

const HEAD = ['When', 'Container', 'Exit', 'Kubernetes said', 'What really happened', 'Why'];
const SHARES = [0.11, 0.2, 0.06, 0.12, 0.2];
const WIDE_HEAD = ['When', 'Node', 'Container', 'Container id', 'Exit', 'Kubernetes said', 'What really happened', 'Why'];
const WIDE_SHARES = [0.13, 0.18, 0.24, 0.08, 0.04, 0.12, 0.2];
const WIDEST = 200;

/** Exits, newest first, a row each. */
export function printTable({ answer: { items, more } }: Outcome, { format, color, width, timeZone, out, err }: Paper): void {
  const times = timesIn(timeZone);
  if (format === 'wide') out(renderCells(WIDE_HEAD, WIDE_SHARES, items.map((item) => wideCells(item, times)), { color, width: Math.max(width, WIDEST) }));
  else out(renderCells(HEAD, SHARES, items.map((item) => cells(item, times)), { color, width }));
  if (more) err(`why137: these are the newest ${String(items.length)}; there are more (--limit, --since, --until).\n`);
}

function when({ exit }: NodeVerdict, times: Times): string {
  return `${times.date(exit.finishedAt)} ${times.clock(exit.finishedAt).slice(0, 8)}`;
}

function cells(item: NodeVerdict, times: Times): string[] {
  const { container, exit, said, cause, why } = tableRowOf(item);
  return [when(item, times), container, exit, said, cause, why];
}

function wideCells(item: NodeVerdict, times: Times): string[] {
  const { container, exit, said, cause, why } = tableRowOf(item);
  return [when(item, times), item.node, container, item.container.containerId.slice(0, 12), exit, said, cause, why];
}

/** A pod as `why137 explain` prints it, below the node that knows it. */
export function printPod(target: string, { answer: { items, oomKills, more } }: Outcome, paper: Paper): void {
  const nodes = [...new Set([...items, ...oomKills].map(({ node }) => node))];
  const texts = nodes.map((node) => {
    const own = items.filter((item) => item.node === node);
    const explanation = { target, items: own, total: own.length, oomKills: oomKills.filter((kill) => kill.node === node) };
    return `On node ${safe(node)}\n${renderExplanation(explanation, paper)}`;
  });
  paper.out(texts.join('\n'));
  if (more) paper.err('why137: these are the newest exits; there are more (kubectl why137 -n NAMESPACE lists them).\n');
}

/** What is missing, and what may still come; for people, on stderr. */
export function printGaps({ answer: { missing }, answered, unready }: Outcome, { err, width }: Paper): void {
  if (missing.length > 0) {
    const nodes = answered + missing.length;
    err(`why137: ${String(missing.length)} of ${String(nodes)} nodes ${missing.length === 1 ? 'is' : 'are'} not in this answer.\n`);
    for (const [why, names] of byReason(missing)) {
      err(`${hang('  ', `${few(names)}:`, width).join('\n')}\n${hang('      ', safe(why), width).join('\n')}\n`);
    }
  }
  if (unready.length > 0) {
    err(`${wrap(`why137: ${few(unready)}: the agent there is not ready; it may not have read yet what happened before it started. Ask again in a moment.`, width).join('\n')}\n`);
  }
}

function byReason(missing: readonly MissingNode[]): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const { node, why } of missing) reasons.set(why, [...(reasons.get(why) ?? []), node]);
  return reasons;
}

const MAX_NAMED = 20;

function few(names: readonly string[]): string {
  return saySome(names.map(safe), MAX_NAMED);
}

/** 0: something was found; 3: certainly nothing is known; 1: whoever might know could not be asked. */
export function exitStatusOf({ answer: { items, oomKills }, answered, complete }: Outcome): 0 | 1 | 3 {
  if (items.length + oomKills.length > 0) return 0;
  return answered > 0 && complete ? 3 : 1;
}
