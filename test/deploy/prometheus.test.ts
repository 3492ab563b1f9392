import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { METRICS } from '../../src/outputs/metrics/table.ts';
import { root } from '../commands/run-why137.ts';
import { documentsOf } from './support/kubectl.ts';
import { named, run, without } from './support/tools.ts';

const noPromtool = without('promtool', 'prometheus');
const deployed = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');

const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().check(z.regex(/^Why137[A-Za-z]+$/)),
          expr: z.string(),
          for: z.optional(z.string()),
          labels: z.strictObject({ severity: z.enum(['info', 'warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});
const rules = z.parse(rulesSchema, documentsOf(deployed('prometheus-rules.yaml'))[0]);

const source = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const panelSchema = z.looseObject({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'table', 'bargauge']),
  title: z.string().check(z.minLength(1)),
  datasource: source,
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(z.looseObject({ refId: z.string().check(z.regex(/^[A-Z]$/)), datasource: source, expr: z.string() })),
});
const dashboardSchema = z.looseObject({
  uid: z.literal('why137'),
  title: z.string(),
  schemaVersion: z.int(),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string(), query: z.union([z.string(), z.object({ query: z.string() })]) })) }),
  panels: z.array(panelSchema),
});
const dashboard = z.parse(dashboardSchema, JSON.parse(deployed('grafana-dashboard.json')));
const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** As Grafana asks for it, of an hour. */
const filled = (expr: string): string => expr.replaceAll('$namespace', '.*').replaceAll(/\$__(range|rate_interval)/g, '1h');

/** Labels that a scrape adds (deploy/prometheus-operator/pod-monitor.yaml). */
const OF_TARGET = ['job', 'instance', 'node'];
/** What others serve. */
const OTHERS: Readonly<Record<string, readonly string[]>> = { up: [], kube_daemonset_status_number_unavailable: ['namespace', 'daemonset'] };

function labelsOf(name: string): readonly string[] | null {
  const rows = Object.values(METRICS);
  const plain = rows.find((row) => row.name === name);
  if (plain && plain.type !== 'histogram') return plain.labels;
  const histogram = rows.find((row) => row.type === 'histogram' && [`${row.name}_bucket`, `${row.name}_sum`, `${row.name}_count`].includes(name));
  if (histogram) return [...histogram.labels, ...(name.endsWith('_bucket') ? ['le'] : [])];
  return OTHERS[name] ?? null;
}

/** What an expression asks for that nobody serves: metrics, and labels that its metrics do not have. */
function unknownIn(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '""');
  const grouped = [...bare.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
  const rest = bare.replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ').replace(/\[[^\]]*\]/g, ' ');
  const selected = [...rest.matchAll(/\b([a-z][a-z0-9_]*_[a-z0-9_]+|up)\b(?!\s*\()(?:\{([^}]*)\})?/g)].map(([, name = '', inner = '']) => ({
    name,
    labels: [...inner.matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label = '']) => label),
  }));
  const known = new Set(selected.flatMap(({ name }) => [...(labelsOf(name) ?? []), ...OF_TARGET]));
  return [
    ...(selected.length === 0 ? [expression] : []),
    ...selected.filter(({ name }) => labelsOf(name) === null).map(({ name }) => name),
    ...selected.flatMap(({ name, labels }) => labels.filter((label) => ![...(labelsOf(name) ?? []), ...OF_TARGET].includes(label)).map((label) => `${name}{${label}}`)),
    ...grouped.filter((label) => !known.has(label)),
  ];
}

it('finds what nobody serves', () => {
  expect(unknownIn('sum by (cause, colour) (increase(why137_container_exits_total{pod="x"}[5m])) / no_such_total')).toEqual(['no_such_total', 'why137_container_exits_total{pod}', 'colour']);
});

describe('deploy/prometheus-rules.yaml', () => {
  it.each(rules.groups.flatMap((group) => group.rules))('$alert asks only for what is served', ({ expr }) => {
    expect(unknownIn(expr)).toEqual([]);
  });

  it.skipIf(noPromtool !== null)(named('fires when it should, and only then (promtool test rules)', noPromtool), () => {
    expect(run('promtool', ['test', 'rules', join(root, 'test/deploy/prometheus-rules.test.yaml')])).toContain('SUCCESS');
  });

  it('has a test of every alert', () => {
    const tested = readFileSync(join(root, 'test/deploy/prometheus-rules.test.yaml'), 'utf8');
    for (const { alert } of rules.groups.flatMap((group) => group.rules)) expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n`));
  });

  it('is what the Prometheus Operator gets (node scripts/generate-docs.js)', () => {
    const [object] = documentsOf(deployed('prometheus-operator/prometheus-rule.yaml'));
    expect(object).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', spec: rules });
  });
});

it('the PodMonitor finds the agents by label and port name, and keeps their labels', () => {
  const [monitor] = documentsOf(deployed('prometheus-operator/pod-monitor.yaml'));
  expect(monitor).toMatchObject({
    kind: 'PodMonitor',
    metadata: { namespace: 'why137' },
    spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'why137' } }, podMetricsEndpoints: [{ port: 'http', path: '/metrics', honorLabels: true }] },
  });
});

describe('deploy/grafana-dashboard.json', () => {
  it('asks only for what is served', () => {
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.flatMap(unknownIn)).toEqual([]);
    const variables = dashboard.templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query));
    expect(variables).toEqual(['prometheus', 'label_values(why137_container_exits_total, namespace)']);
  });

  it('has panels that do not lie over each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, n) => `${String(x + (n % w))},${String(y + Math.floor(n / w))}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  it.skipIf(noPromtool !== null)(named('counts what has died (promtool test rules)', noPromtool), () => {
    const dir = mkdtempSync(join(tmpdir(), 'why137-dashboard-'));
    const file = join(dir, 'shows.test.yaml');
    const asked = readFileSync(join(root, 'test/deploy/dashboard.test.yaml'), 'utf8').replace(/(?<=^ +- expr: ).*$/gm, (title) => {
      const panel = dashboard.panels.find((one) => one.title === title.replace(/^'(.*)'$/, '$1'));
      return JSON.stringify(`round(${filled(panel?.targets[0]?.expr ?? title)})`);
    });
    writeFileSync(file, asked);
    expect(run('promtool', ['test', 'rules', file])).toContain('SUCCESS');
    rmSync(dir, { recursive: true });
  });

  it.skipIf(noPromtool !== null)(named('has expressions that Prometheus takes (promtool check rules)', noPromtool), () => {
    const dir = mkdtempSync(join(tmpdir(), 'why137-dashboard-'));
    const file = join(dir, 'rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: shown.map((expr, n) => ({ record: `panel:${String(n)}`, expr: filled(expr) })) }] }));
    expect(run('promtool', ['check', 'rules', '--lint=none', file])).toContain(`${String(shown.length)} rules found`);
    rmSync(dir, { recursive: true });
  });
});
