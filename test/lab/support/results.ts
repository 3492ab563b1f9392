import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './cache.ts';
import type { Row } from './run-scenario.ts';

/** What ran in a run of the lab. */
export interface Versions {
  readonly kernel: string;
  readonly cgroup: string;
  readonly kubernetes: string;
  readonly containerd: string;
  readonly systemd: string;
}

const PAGE = join(repository, 'docs/lab-results.md');
const README = join(repository, 'README.md');

/** The table of one run: what happened, and what each said of it. */
export function table(rows: readonly Row[]): string {
  const head = ['What really happened', 'Kubernetes said', 'containerd said', 'why137 said', ''];
  const lines = rows.map(({ truth, kubernetes, runtime, verdict, wrong }) => [
    capital(truth),
    kubernetes,
    runtime,
    verdict === null ? 'nothing' : `\`${verdict.cause}\`, ${verdict.confidence}`,
    wrong.length === 0 ? 'right' : `wrong: ${wrong.join('; ')}`,
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Writes a kernel's part of docs/lab-results.md; the parts of other kernels stay as they are. */
export function writeResults(name: string, versions: Versions, rows: readonly Row[], notes: readonly string[]): void {
  const text = [
    `Linux ${versions.kernel} (cgroup ${versions.cgroup}), Kubernetes ${versions.kubernetes}, containerd ${versions.containerd}, systemd ${versions.systemd}.`,
    table(rows),
    ...notes,
  ].join('\n\n');
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), name, text));
  if (name === '6.12') writeFileSync(README, withPart(readFileSync(README, 'utf8'), name, table(rows)));
}

/** Shows in the README what `kubectl describe pod` says of a pod: how it ended, and its Events. */
export function writeDescribed(pod: string, text: string): void {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.trim() === 'State:          Terminated');
  const ended = from < 0 ? [] : lines.slice(from, from + 5);
  const events = lines.slice(lines.findIndex((line) => line.startsWith('Events:')));
  const transcript = ['```text', `$ kubectl -n lab describe pod ${pod}`, '…', ...ended, '…', ...events, '```'].join('\n').replace(/\n+```$/, '\n```');
  writeFileSync(README, withPart(readFileSync(README, 'utf8'), 'describe', transcript));
}

/** Puts a text between `<!-- lab:NAME -->` and `<!-- /lab:NAME -->`. */
export function withPart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- lab:${name} -->`, `<!-- /lab:${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place for the results of ${name}: it wants ${begin} and ${end}.`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
