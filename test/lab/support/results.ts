import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
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

/** Where a kernel's runs leave what they found, and the digest of the image that is tried. */
export interface Run {
  readonly dir: string;
  readonly image: string;
}

const rowSchema = z.object({ truth: z.string(), kubernetes: z.string(), runtime: z.string(), verdict: z.nullable(z.object({ cause: z.string(), confidence: z.string() })), wrong: z.array(z.string()) });
/** What the table shows of a row. */
export type ResultRow = z.infer<typeof rowSchema>;
const keptSchema = z.object({ image: z.string(), rows: z.array(rowSchema) });

const PAGE = join(repository, 'docs/lab-results.md');
const README = join(repository, 'README.md');

/** The table of one run: what happened, and what each said of it. */
export function table(rows: readonly ResultRow[]): string {
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

/** Keeps the answers of one scenario beside its recording, with the image that gave them. */
export function keepRows(run: Run, scenario: string, rows: readonly Row[]): void {
  mkdirSync(join(run.dir, 'results'), { recursive: true });
  writeFileSync(join(run.dir, 'results', `${scenario}.json`), JSON.stringify({ image: run.image, rows }));
}

/** What was answered before says nothing any more, until the scenario has come to its end again. */
export function forgetRows(run: Run, scenario: string): void {
  rmSync(join(run.dir, 'results', `${scenario}.json`), { force: true });
}

/** The last answers of each scenario that this image gave on this kernel; null where there are none. */
export function keptRows(run: Run, scenario: string): readonly ResultRow[] | null {
  const file = join(run.dir, 'results', `${scenario}.json`);
  if (!existsSync(file)) return null;
  const { image, rows } = keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return image === run.image ? rows : null;
}

/** Writes a kernel's part of docs/lab-results.md; the parts of other kernels stay as they are. */
export function writeResults(name: string, versions: Versions, rows: readonly ResultRow[], notes: readonly string[]): void {
  const text = [
    `Linux ${versions.kernel} (cgroup ${versions.cgroup}), Kubernetes ${versions.kubernetes}, containerd ${versions.containerd}, systemd ${versions.systemd}.`,
    table(rows),
    ...notes,
  ].join('\n\n');
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), name, text));
  if (name === '6.12') writeFileSync(README, withPart(readFileSync(README, 'utf8'), name, table(rows)));
}

/** What the agent took of the node, in docs/operations.md. */
export function writeUsage(name: string, sentence: string): void {
  const page = join(repository, 'docs/operations.md');
  writeFileSync(page, withPart(readFileSync(page, 'utf8'), name, sentence));
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
