import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { LINE_EVENTS, logLineSchema } from '../../src/outputs/log/line-schema.ts';
import { jsonSchema } from '../../src/outputs/json-schema.ts';
import { root } from '../commands/run-why137.ts';
import { sayUntil } from '../e2e/support/until.ts';
import { nodeThatDied, type NodeThatDied } from './support/node-that-died.ts';
import { named, run, without } from './support/tools.ts';

const page = readFileSync(join(root, 'docs/logs.md'), 'utf8');
const blocks = (language: string): string[] => [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text.trim());
const noJq = without('jq', 'jq');
const noRsyslog = without('rsyslogd', 'rsyslog');
const fieldsSchema = z.looseObject({ properties: z.record(z.string(), z.unknown()) });
const FIELDS = Object.keys(z.parse(fieldsSchema, jsonSchema(logLineSchema)).properties);

const dir = mkdtempSync(join(tmpdir(), 'w137-logs-'));
let node: NodeThatDied | undefined;
let printed = '';
let verdicts: Record<string, unknown>[] = [];

beforeAll(async () => {
  node = await nodeThatDied();
  printed = node.agent.printed();
  verdicts = node.agent.logs().filter(({ event }) => event === 'exit.verdict');
}, 90_000);

afterAll(async () => {
  await node?.stop();
  rmSync(dir, { recursive: true });
});

describe('docs/logs.md', () => {
  it('tells of every field, and of no other', () => {
    const told = new Set([...(/## Fields\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '').matchAll(/`([a-z0-9_.]+)`/g)].map(([, name = '']) => name));
    expect([...told].sort()).toEqual([...FIELDS].sort());
  });

  it('tells of every event, and of no other', () => {
    const told = [...(/## Lines\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '').matchAll(/`((?:exit|oom|source|agent)\.[a-z]+)`/g)].map(([, name = '']) => name);
    expect(told.sort()).toEqual([...LINE_EVENTS].sort());
  });

  it.skipIf(noJq !== null).each(blocks('jq'))(named('%s', noJq), (line) => {
    const said = run('bash', ['-c', line], printed);
    if (line.includes('@tsv') && line.includes('-rs')) {
      const rows = said.trim().split('\n').map((row) => row.split('\t'));
      expect(rows.map((row) => row.slice(1))).toContainEqual(['default', 'app-63', 'node-oom', 'likely']);
      expect(rows).toHaveLength(new Set(verdicts.map((verdict) => verdict['k8s.pod.name'])).size);
    } else if (line.includes('runtime_agrees')) expect(said).toContain('default/app-63 main: the node ran out of memory');
    else if (line.includes('length')) expect(JSON.parse(said)).toContainEqual({ scope: 'global', level: 'node', kills: 7 });
    else expect(said).toBe('');
  });

  it.each(blocks('logql'))('%s', (query) => {
    const flat = new Set(FIELDS.map((name) => name.replaceAll('.', '_')));
    const labels = [...query.replace(/\{namespace=[^}]*\}/, '').replace(/"[^"{]*"/g, '').matchAll(/\b([a-z][a-z0-9]*_[a-z0-9_]+|event|msg|level)\b/g)].map(([name]) => name);
    expect(labels.length).toBeGreaterThan(1);
    expect(labels.filter((name) => !flat.has(name) && !/^(line_format|count_over_time)$/.test(name))).toEqual([]);
  });
});

/** As containerd and CRI-O write a container's standard output; a long line comes in pieces. */
function asRuntimeWrites(stdout: string): string {
  return stdout.replace(/^(.+)$/gm, `${new Date().toISOString().replace('Z', '123456Z')} stdout F $1`);
}

describe('a collector', () => {
  it.skipIf(noRsyslog !== null)(named('gets the fields out of what the runtime writes (rsyslog as in docs/logs.md)', noRsyslog), async () => {
    const log = join(dir, 'why137_why137-x2x9k_0d5e7a3c', 'why137');
    mkdirSync(log, { recursive: true });
    writeFileSync(join(log, '0.log'), asRuntimeWrites(printed));
    const out = join(dir, 'out.json');
    const [block = ''] = blocks('rsyslog');
    const config = block.replaceAll('/var/log/pods/', `${dir}/`).replaceAll('/var/log/why137.json', out);
    expect(config).toContain(dir);
    const file = join(dir, 'rsyslog.conf');
    writeFileSync(file, `global(workDirectory="${dir}")\n${config}\n`);
    const child = spawn('rsyslogd', ['-n', '-f', file, '-i', join(dir, 'pid')], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` } });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const ended = new Promise((resolve) => child.once('close', resolve));
    const lines = (): string[] => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
    try {
      await sayUntil('rsyslog has read every verdict', () => {
        if (child.exitCode !== null) throw new Error(`rsyslogd ended: ${complaint}`);
        return lines().length >= verdicts.length;
      });
    } finally {
      child.kill();
      await ended;
    }
    expect(lines().map((line) => z.parse(z.record(z.string(), z.unknown()), JSON.parse(line)))).toEqual(
      verdicts.map((line) => ({
        time: line['time'],
        event: 'exit.verdict',
        namespace: line['k8s.namespace.name'],
        pod: line['k8s.pod.name'],
        container: line['k8s.container.name'],
        code: line['exit.code'],
        cause: line['why137.cause'],
        confidence: line['why137.confidence'],
        msg: line['msg'],
      })),
    );
  });
});
