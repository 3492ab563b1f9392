import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import type { Cause } from '../../../src/model/cause.ts';
import { EventsCounter } from '../../../src/outputs/events/counts.ts';
import { createMetrics, type MetricsOptions } from '../../../src/outputs/metrics/metrics.ts';
import { METRICS, metricsDocument } from '../../../src/outputs/metrics/table.ts';
import { oomKill, verdict } from '../../store/samples.ts';
import { SOURCES } from '../http/serve.ts';

/** Series by their full name, from the text that a scraper gets. Fails on a line that is none. */
async function scrape(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  const series = new Map<string, number>();
  for (const line of (await metrics.render()).split('\n')) {
    if (line === '' || /^# (HELP|TYPE) [a-z0-9_]+ \S/.test(line)) continue;
    const m = /^([a-z_][a-z0-9_]*(?:\{(?:[a-z_]+="[^"\n]*",?)+\})?) (-?[\d.e+-]+)$/.exec(line);
    expect(m, line).not.toBeNull();
    series.set(m?.[1] ?? '', Number(m?.[2]));
  }
  return series;
}
const exits = (more: string): string => `why137_container_exits_total{${more}}`;

it('starts at 0 with every series that can be known', async () => {
  const series = await scrape(createMetrics({ version: '1.2.3' }));
  expect(series.get(exits('cause="node-oom",family="node-wide",namespace="",code="137",confidence="certain"'))).toBe(0);
  expect(series.get('why137_oom_kills_total{scope="global",level="node"}')).toBe(0);
  expect(series.get('why137_verdict_revisions_total{cause="unknown"}')).toBe(0);
  expect(series.get('why137_verdict_latency_seconds_count')).toBe(0);
  expect(series.get(`why137_build_info{version="1.2.3",node_version="${process.version}"}`)).toBe(1);
  expect(series.has('why137_ledger_counted_kills_total')).toBe(false);
});

it('counts exits once, revisions apart, and observes the latency that is known', async () => {
  const metrics = createMetrics();
  metrics.verdict(verdict('a'), 0.12, false);
  metrics.verdict(verdict('b', { exit: { code: 1 }, cause: 'program', family: 'program' }), null, false);
  metrics.verdict(verdict('a', { cause: 'pod-limit-oom' }), 2, true);
  const series = await scrape(metrics);
  expect(series.get(exits('cause="container-limit-oom",family="cgroup-limit",namespace="shop",code="137",confidence="certain"'))).toBe(1);
  expect(series.get(exits('cause="program",family="program",namespace="shop",code="other",confidence="certain"'))).toBe(1);
  expect(series.get('why137_verdict_revisions_total{cause="pod-limit-oom"}')).toBe(1);
  expect(series.get('why137_verdict_latency_seconds_count')).toBe(1);
  expect(series.get('why137_verdict_latency_seconds_bucket{le="0.25"}')).toBe(1);
  expect(series.get('why137_verdict_latency_seconds_bucket{le="0.1"}')).toBe(0);
});

it('counts kills by scope and level, an unknown level too', async () => {
  const metrics = createMetrics();
  metrics.oomKill(oomKill('k1'));
  metrics.oomKill(oomKill('k2', { level: null }));
  const series = await scrape(metrics);
  expect(series.get('why137_oom_kills_total{scope="memcg",level="container"}')).toBe(1);
  expect(series.get('why137_oom_kills_total{scope="memcg",level="unknown"}')).toBe(1);
});

it('copies the state of sources and ledger, and forgets what is gone', async () => {
  const metrics = createMetrics();
  metrics.sources(SOURCES);
  metrics.sources(SOURCES);
  const series = await scrape(metrics);
  expect(Object.fromEntries([...series].filter(([name]) => /source|ledger/.test(name)))).toEqual({
    'why137_source_up{source="journal",kind="kernel-log"}': 1,
    'why137_source_lag_seconds{source="journal"}': 0.012,
    'why137_source_gaps_total{source="journal"}': 1,
    'why137_source_restarts_total{source="journal"}': 0,
    'why137_source_records_total{source="journal"}': 40,
    'why137_source_dropped_records_total{source="journal",reason="not-kernel"}': 3,
    why137_ledger_counted_kills_total: 4,
    why137_ledger_parsed_kills_total: 3,
    why137_ledger_difference_kills: 1,
  });
  metrics.sources({ sources: [], ledger: { ...SOURCES.ledger, counted: null } });
  const later = await scrape(metrics);
  expect([...later.keys()].filter((name) => /source_up|counted|difference/.test(name))).toEqual([]);
});

it('bounds the number of namespaces', async () => {
  const metrics = createMetrics();
  for (let n = 0; n < 300; n += 1) metrics.verdict(verdict('a', { container: { podNamespace: `ci-${n}` } }), null, false);
  const series = await scrape(metrics);
  const others = [...series].filter(([name]) => name.includes('namespace="_other"'));
  expect(others.map(([, value]) => value)).toEqual([100]);
});

it('counts by pod and container where asked to, and only those that ended last', async () => {
  const metrics = createMetrics({ podLabels: true });
  const end = (podName: string, cause: Cause = 'container-limit-oom'): void => {
    metrics.verdict(verdict('a', { container: { podName }, cause }), null, false);
  };
  end('old');
  end('again');
  for (let n = 0; n < 98; n += 1) end(`pod-${n}`);
  end('again', 'not-oom');
  end('newest');
  const series = await scrape(metrics);
  const named = [...series].filter(([name]) => name.startsWith('why137_pod_container_exits_total{') && /pod="(old|again|newest)"/.test(name));
  expect(named).toEqual([
    ['why137_pod_container_exits_total{namespace="shop",pod="again",container="app",cause="container-limit-oom"}', 1],
    ['why137_pod_container_exits_total{namespace="shop",pod="again",container="app",cause="not-oom"}', 1],
    ['why137_pod_container_exits_total{namespace="shop",pod="newest",container="app",cause="container-limit-oom"}', 1],
  ]);
  const off = createMetrics();
  off.verdict(verdict('a'), null, false);
  expect(await off.render()).not.toContain('why137_pod_container_exits_total{');
});

it('tells what the process uses and what other parts count', async () => {
  const counts = { held: 3, evicted: 1 };
  const series = await scrape(
    createMetrics({ store: () => ({ verdicts: counts, oomKills: counts }), streams: () => ({ clients: 2, dropped: 1 }), logLinesDropped: () => 7 }),
  );
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_open_fds', 'process_start_time_seconds']) {
    expect(series.get(name)).toBeGreaterThan(0);
  }
  expect(series.get('why137_store_evicted_total{kind="verdict"}')).toBe(1);
  expect(series.get('why137_stream_clients')).toBe(2);
  expect(series.get('why137_log_lines_dropped_total')).toBe(7);
});

it('counts Events where they are on, every reason from 0, and holds no series of them where they are off', async () => {
  const counter = new EventsCounter();
  counter.written.patch = 2;
  counter.drop('queue-full', 3);
  const of = async (options: MetricsOptions) => Object.fromEntries([...(await scrape(createMetrics(options)))].filter(([name]) => name.includes('kubernetes_events')));
  const series = await of({ events: () => ({ pending: 4, written: counter.written, failed: counter.failed, dropped: counter.dropped }) });
  expect(series).toMatchObject({
    'why137_kubernetes_events_written_total{operation="create"}': 0,
    'why137_kubernetes_events_written_total{operation="patch"}': 2,
    'why137_kubernetes_events_failed_attempts_total{reason="forbidden"}': 0,
    'why137_kubernetes_events_dropped_total{reason="queue-full"}': 3,
    why137_kubernetes_events_pending: 4,
  });
  expect(await of({})).toEqual({});
});

it('follows the naming rules, and docs/metrics.md is the same table', () => {
  for (const { name, type } of Object.values(METRICS)) expect(name.endsWith('_total')).toBe(type === 'counter');
  expect(readFileSync('docs/metrics.md', 'utf8')).toBe(metricsDocument());
});

it('does not load the whole of prom-client', async () => {
  const { metafile } = await build({ entryPoints: ['src/outputs/metrics/metrics.ts'], bundle: true, platform: 'node', write: false, metafile: true });
  const inputs = Object.keys(metafile.inputs).join(' ');
  expect(inputs).not.toMatch(/prom-client\/(index|lib\/(cluster|pushgateway|defaultMetrics))\.js/);
  const builtins = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(builtins.filter((name) => /cluster|https?$|worker/.test(name))).toEqual([]);
});
