import type { OomKill } from '../../model/oom-kill.ts';

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric there is: the registry is filled and docs/metrics.md is written from this table. */
export const METRICS = {
  exits: {
    name: 'why137_container_exits_total',
    type: 'counter',
    labels: ['cause', 'family', 'namespace', 'code', 'confidence'],
    help: 'Container exits judged, by their first verdict; code is 137, 0 or other; namespace is empty where it is not known',
  },
  podExits: {
    name: 'why137_pod_container_exits_total',
    type: 'counter',
    labels: ['namespace', 'pod', 'container', 'cause'],
    help: 'The same by pod and container, of the 100 containers on the node that ended last; with --metrics-pod-labels on only',
  },
  revisions: {
    name: 'why137_verdict_revisions_total',
    type: 'counter',
    labels: ['cause'],
    help: 'Verdicts that late evidence revised, by the new cause',
  },
  kills: {
    name: 'why137_oom_kills_total',
    type: 'counter',
    labels: ['scope', 'level'],
    help: 'Processes killed by the kernel for want of memory, by what ran out and whose limit it was',
  },
  latency: {
    name: 'why137_verdict_latency_seconds',
    type: 'histogram',
    labels: [],
    help: 'From the later of exit and kernel line to the first verdict',
  },
  sourceUp: { name: 'why137_source_up', type: 'gauge', labels: ['source', 'kind'], help: 'Whether the source can be read (1) or not (0)' },
  sourceLag: {
    name: 'why137_source_lag_seconds',
    type: 'gauge',
    labels: ['source'],
    help: 'Now minus the time up to which the source was certainly read; absent where not known',
  },
  sourceGaps: { name: 'why137_source_gaps_total', type: 'counter', labels: ['source'], help: 'Intervals that the source has certainly lost' },
  sourceRestarts: { name: 'why137_source_restarts_total', type: 'counter', labels: ['source'], help: 'How often the source stood still and was begun anew' },
  sourceRecords: { name: 'why137_source_records_total', type: 'counter', labels: ['source'], help: 'Records received from the source' },
  sourceDropped: {
    name: 'why137_source_dropped_records_total',
    type: 'counter',
    labels: ['source', 'reason'],
    help: 'Records received and not used, by reason',
  },
  ledgerCounted: {
    name: 'why137_ledger_counted_kills_total',
    type: 'counter',
    labels: [],
    help: 'OOM kills that the kernel itself counted since the first reading; absent where it does not count',
  },
  ledgerParsed: { name: 'why137_ledger_parsed_kills_total', type: 'counter', labels: [], help: 'Kill lines read from the log in the same time' },
  ledgerDifference: {
    name: 'why137_ledger_difference_kills',
    type: 'gauge',
    labels: [],
    help: 'Counted minus parsed: above 0, kills that the log did not show; below 0, lines that the kernel did not write',
  },
  held: { name: 'why137_store_items', type: 'gauge', labels: ['kind'], help: 'Verdicts and OOM kills held for queries' },
  evicted: { name: 'why137_store_evicted_total', type: 'counter', labels: ['kind'], help: 'Verdicts and OOM kills that had to make room for newer ones' },
  logDropped: { name: 'why137_log_lines_dropped_total', type: 'counter', labels: [], help: 'Log lines dropped because standard output was not read' },
  streamClients: { name: 'why137_stream_clients', type: 'gauge', labels: [], help: 'Readers of /v1/stream' },
  streamDropped: {
    name: 'why137_stream_clients_dropped_total',
    type: 'counter',
    labels: [],
    help: 'Readers of /v1/stream dropped because they did not keep up',
  },
  httpRefused: {
    name: 'why137_http_refused_total',
    type: 'counter',
    labels: ['reason'],
    help: 'HTTP requests refused and connections dropped, by reason: unauthorized, host, busy, malformed, connection',
  },
  eventsWritten: {
    name: 'why137_kubernetes_events_written_total',
    type: 'counter',
    labels: ['operation'],
    help: 'Kubernetes Events that the API server took, created or patched; absent, as those below, where Events are off',
  },
  eventsFailed: {
    name: 'why137_kubernetes_events_failed_attempts_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Attempts to write an Event that failed and are made again, by reason',
  },
  eventsDropped: {
    name: 'why137_kubernetes_events_dropped_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Events that were never written, by reason',
  },
  eventsPending: { name: 'why137_kubernetes_events_pending', type: 'gauge', labels: [], help: 'Events that wait to be written' },
  stateUp: { name: 'why137_state_up', type: 'gauge', labels: [], help: 'Whether the state can be written (1) or not (0)' },
  stateBytes: { name: 'why137_state_bytes', type: 'gauge', labels: [], help: 'Size of the state file' },
  stateOpenExits: { name: 'why137_state_open_exits', type: 'gauge', labels: [], help: 'Exits seen that have no verdict yet' },
  stateDiscarded: {
    name: 'why137_state_discarded_records_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Pieces of the state file that were no records when it was read at start, by reason: torn, checksum, garbage, version, shape',
  },
  stateUnkept: {
    name: 'why137_state_unkept_answers_total',
    type: 'counter',
    labels: [],
    help: 'Answers given before they were on the disk, because it failed or took longer than 500 ms',
  },
  build: { name: 'why137_build_info', type: 'gauge', labels: ['version', 'node_version'], help: 'Always 1; the labels say what runs' },
  memory: { name: 'process_resident_memory_bytes', type: 'gauge', labels: [], help: 'Resident memory of the agent' },
  cpu: { name: 'process_cpu_seconds_total', type: 'counter', labels: [], help: 'CPU time that the agent used, user and system' },
  fds: { name: 'process_open_fds', type: 'gauge', labels: [], help: 'Open file descriptors of the agent' },
  start: { name: 'process_start_time_seconds', type: 'gauge', labels: [], help: 'When the agent started, seconds since 1970' },
} as const satisfies Record<string, MetricRow>;

/** The target is 250 ms; waiting for late sources adds some seconds. */
export const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What can run out, with whose limit it can be: the series of kills that exist from the start. */
export const KILL_KINDS: readonly (readonly [scope: OomKill['scope'], level: NonNullable<OomKill['level']> | 'unknown'])[] = [
  ...(['container', 'nested', 'pod', 'qos', 'kubepods', 'other', 'unknown'] as const).map((level) => ['memcg', level] as const),
  ['global', 'node'],
  ['cpuset', 'unknown'],
  ['mempolicy', 'unknown'],
  ['unknown', 'unknown'],
];

/** docs/metrics.md. */
export function metricsDocument(): string {
  const row = ({ name, type, labels, help }: MetricRow): string =>
    `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  return `# Metrics

Served at \`/metrics\` in the Prometheus text format. Base units; series whose labels are known beforehand start at 0.
A verdict is counted once, at its first revision. Beyond 200 namespaces, further ones are counted as \`_other\`.
This page is written by \`node scripts/generate-docs.js\` from \`src/outputs/metrics/table.ts\`.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
${Object.values(METRICS).map(row).join('\n')}
`;
}
