import { sayBytes } from '../../lib/bytes.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { Verdict } from '../../model/verdict.ts';
import { killSentence } from '../../outputs/log/sentences.ts';
import { type Style, styleOf } from './style.ts';
import { hang, length, pad, safe, wrap } from './text.ts';
import { renderHolders } from './who-held.ts';
import { type Times, timesIn } from './times.ts';

export interface RenderOptions {
  readonly color: boolean;
  /** IANA name of the node's zone. */
  readonly timeZone: string;
  /** Columns; 80 unless given, 60 at least. */
  readonly width?: number;
}

interface Paper {
  readonly style: Style;
  readonly times: Times;
  readonly width: number;
}

const paperOf = ({ color, timeZone, width = 80 }: RenderOptions): Paper => ({
  style: styleOf(color),
  times: timesIn(timeZone),
  width: Math.max(60, width),
});

/** A verdict for people: the answer first, then why we believe it, what it was not, and what to do. */
export function renderVerdict(verdict: Verdict, kills: readonly OomKill[], options: RenderOptions): string {
  const paper = paperOf(options);
  const shown = new Set(verdict.culprits?.holders.filter(({ killed: dead }) => dead).map(({ pid }) => pid));
  const own = kills.filter(({ id, victim }) => verdict.oomKills.includes(id) && !shown.has(victim.pid ?? NaN));
  return [
    ...heading(verdict, paper, options.timeZone),
    '',
    ...answer(verdict, paper),
    ...said(verdict, paper),
    ...notes(verdict).flatMap((note) => hang('  ', note, paper.width)),
    '',
    ...section('Evidence', evidence(verdict, paper), paper),
    ...section('Ruled out', ruledOut(verdict, paper), paper),
    ...section('Killed by the kernel', killed(own, paper), paper),
    ...held(verdict, paper),
    ...section('Could not be seen', blindSpots(verdict, paper), paper),
    ...section('What to do', verdict.advice === '' ? [] : hang('    ', safe(verdict.advice), paper.width), paper),
    '',
  ].join('\n');
}

/** Kills in a container that did not end with them, for people. */
export function renderKills(target: string, kills: readonly OomKill[], options: RenderOptions): string {
  const { times, width } = paperOf(options);
  return [
    ...wrap(`${safe(target)}: no exit is known; processes inside were killed, newest first.`, width),
    ...kills.flatMap((kill) => hang(`  ${times.clock(kill.time)}  `, safe(killSentence(kill)), width)),
    '',
  ].join('\n');
}

function heading({ container, exit }: Verdict, { style, times, width }: Paper, zone: string): string[] {
  const pod = container.podName === null ? null : [container.podNamespace, container.podName].filter((part) => part !== null).join('/');
  const name = container.containerName ?? container.containerId.slice(0, 12);
  const restart = container.restartCount === null ? '' : ` (restart ${String(container.restartCount)})`;
  const who = pod === null ? `container ${name}` : `${pod} · container ${name}`;
  const when = `${times.clock(exit.finishedAt)} on ${times.date(exit.finishedAt)} (${zone})`;
  const [first = '', ...more] = wrap(safe(`${who} · exit ${String(exit.code)} at ${when}${restart}`), width);
  return [style.bold(first), ...more];
}

function answer({ summary, confidence }: Verdict, { style, width }: Paper): string[] {
  const lines = hang('  ', sentence(safe(summary)), width);
  const last = lines.pop() ?? '';
  const shade = confidence === 'certain' ? style.good : style.bad;
  const fits = length(last) + 4 + length(confidence) <= width;
  return [
    ...lines.map(style.bold),
    fits ? `${style.bold(last)}    ${shade(confidence)}` : style.bold(last),
    ...(fits ? [] : [' '.repeat(width - length(confidence)) + shade(confidence)]),
  ];
}

/** A summary stands behind a name in logs and tables; alone it is a sentence. */
function sentence(summary: string): string {
  const subject = /^(?:hit|ended) /.test(summary) ? `The container ${summary}` : summary.startsWith('killed ') ? `The container was ${summary}` : summary;
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}${subject.endsWith('.') ? '' : '.'}`;
}

function said({ exit, container, runtimeAgrees, family }: Verdict, { width }: Paper): string[] {
  const who = container.podName === null ? 'The runtime said' : 'Kubernetes said';
  if (exit.runtimeReason === null) return [`  ${who}: nothing that is known here.`];
  const verdict =
    runtimeAgrees === null
      ? 'which tells nothing of the cause.'
      : runtimeAgrees
        ? 'agrees.'
        : family === 'node-wide'
          ? 'misleading: its own limit was not what ran out. Raising it will not help.'
          : 'that is not what happened.';
  return hang(`  ${who}: `, `${safe(exit.runtimeReason)} — ${verdict}`, width);
}

function notes({ final, revision }: Verdict): string[] {
  return [
    ...(final ? [] : ['Not final: a source may still deliver. Ask again in a moment.']),
    ...(revision > 1 ? [`Revision ${String(revision)}: more became known since the first answer.`] : []),
  ];
}

function section(title: string, lines: readonly string[], { style }: Paper): string[] {
  return lines.length === 0 ? [] : [`  ${style.bold(title)}`, ...lines];
}

function evidence({ evidence: items, exit }: Verdict, { times, width, style }: Paper): string[] {
  const rows = items.map((item) => ({ ...item, clock: times.clock(item.time, exit.finishedAt), kind: safe(item.kind) }));
  const clockWidth = Math.max(0, ...rows.map(({ clock }) => length(clock)));
  const kindWidth = Math.max(0, ...rows.map(({ kind }) => length(kind)));
  return rows.flatMap(({ clock, kind, text, source, weight }) => {
    const head = `    ${pad(clock, clockWidth)}  ${pad(kind, kindWidth)}  `;
    const lines = hang(head, `${safe(text)}${source === kind ? '' : ` (${safe(source)})`}`, width);
    return weight === 'decisive' ? lines.map(style.bold) : lines;
  });
}

function ruledOut({ ruledOut: items }: Verdict, { width }: Paper): string[] {
  const columns = Math.max(0, ...items.map(({ cause }) => length(cause)));
  return items.flatMap(({ cause, why }) => hang(`    ${pad(cause, columns)}  `, safe(why), width));
}

function held({ culprits, container }: Verdict, paper: Paper): string[] {
  const table = culprits === null ? null : renderHolders(culprits, container.containerId, paper.width);
  return table === null ? [] : section(table.title, table.lines, paper);
}

const BAR = 20;

function killed(kills: readonly OomKill[], { width }: Paper): string[] {
  const rows = kills.map(({ victim, memory }) => {
    const held = (victim.anonRssBytes ?? 0) + (victim.fileRssBytes ?? 0) + (victim.shmemRssBytes ?? 0);
    const share = memory.limitBytes === null || memory.limitBytes === 0 ? null : held / memory.limitBytes;
    const known = victim.anonRssBytes !== null;
    return { who: `${safe(victim.comm ?? '?')} (${String(victim.pid ?? '?')})`, held: known ? sayBytes(held) : '?', share: known ? share : null };
  });
  const who = Math.max(0, ...rows.map((row) => length(row.who)));
  const held = Math.max(0, ...rows.map((row) => length(row.held)));
  return rows.map((row) => {
    const text = `    ${pad(row.who, who)}  ${' '.repeat(held - length(row.held))}${row.held}`;
    if (row.share === null || length(text) + BAR + 20 > width) return text;
    const full = Math.min(BAR, Math.round(row.share * BAR));
    return `${text}  ${'█'.repeat(full)}${'·'.repeat(BAR - full)} ${String(Math.round(row.share * 100))} % of the limit`;
  });
}

function blindSpots({ blindSpots: items, exit }: Verdict, { times, width }: Paper): string[] {
  const columns = Math.max(0, ...items.map(({ source }) => length(safe(source))));
  return items.flatMap(({ source, from, to, why }) => {
    const interval =
      from === null && to === null
        ? ''
        : `, ${from === null ? '' : `from ${times.clock(from, exit.finishedAt)} `}${to === null ? 'on' : `to ${times.clock(to, exit.finishedAt)}`}`;
    return hang(`    ${pad(safe(source), columns)}  `, `${safe(why)}${interval}`, width);
  });
}
