import { CAUSES, CONFIDENCES, FAMILY_OF } from '../../model/cause.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { LedgerStatus, Sources } from '../../model/source-status.ts';
import type { StateStatus } from '../../model/state-status.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { Counts } from '../../store/store.ts';
import type { EventCounts } from '../events/counts.ts';
import { countByPod } from './pod-exits.ts';
import { collectProcess } from './process-metrics.ts';
import { createRegistry, type MetricRegistry } from './registry.ts';
import { KILL_KINDS } from './table.ts';

/** A label's values are held for ever; a cluster that makes a namespace for every job must not fill our memory. */
const MAX_NAMESPACES = 200;

export interface MetricsOptions {
  readonly version?: string;
  /** Whether exits are counted by pod and container, too. */
  readonly podLabels?: boolean;
  /** What other parts count, read at every scrape. */
  readonly store?: () => { readonly verdicts: Counts; readonly oomKills: Counts };
  readonly streams?: () => { readonly clients: number; readonly dropped: number };
  readonly refused?: () => Readonly<Record<string, number>>;
  readonly logLinesDropped?: () => number;
  readonly events?: () => EventCounts;
}

export interface Metrics {
  /** `latencySeconds`: from the later of exit and kernel line; null for one caught up with after a start. */
  verdict(verdict: Verdict, latencySeconds: number | null, isRevision: boolean): void;
  /** Once a kill; not again when more becomes known of it. */
  oomKill(kill: OomKill): void;
  /** The state of every source, whole; call it before `render`. */
  sources(sources: Sources): void;
  /** The Prometheus text. */
  render(): Promise<string>;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = createRegistry();
  const namespaces = new Set<string>();
  const byPod = options.podLabels === true ? countByPod(registry) : null;
  startAtZero(registry);
  if (!options.events) registry.hide('eventsPending');
  registry.set('build', { version: options.version ?? '', node_version: process.version }, 1);

  function namespaceLabel(name: string): string {
    if (name !== '' && !namespaces.has(name) && namespaces.size >= MAX_NAMESPACES) return '_other';
    namespaces.add(name);
    return name;
  }

  return {
    verdict(verdict, latencySeconds, isRevision) {
      const { cause, family, confidence, container, exit } = verdict;
      if (isRevision) {
        registry.inc('revisions', { cause });
        return;
      }
      const code = exit.code === 137 || exit.code === 0 ? String(exit.code) : 'other';
      registry.inc('exits', { cause, family, namespace: namespaceLabel(container.podNamespace ?? ''), code, confidence });
      byPod?.(verdict);
      if (latencySeconds !== null) registry.observe('latency', Math.max(0, latencySeconds));
    },
    oomKill({ scope, level }) {
      registry.inc('kills', { scope, level: level ?? 'unknown' });
    },
    sources({ sources, ledger, state }) {
      copySources(registry, sources);
      copyLedger(registry, ledger);
      if (state) copyState(registry, state);
    },
    render() {
      collectProcess(registry);
      copyOthers(registry, options);
      return registry.render();
    },
  };
}

function startAtZero(registry: MetricRegistry): void {
  for (const cause of CAUSES) {
    registry.inc('revisions', { cause }, 0);
    for (const confidence of CONFIDENCES) {
      registry.inc('exits', { cause, family: FAMILY_OF[cause], namespace: '', code: '137', confidence }, 0);
    }
  }
  for (const [scope, level] of KILL_KINDS) registry.inc('kills', { scope, level }, 0);
  registry.hide('ledgerCounted');
  registry.hide('ledgerDifference');
}

const COPIED = ['sourceUp', 'sourceLag', 'sourceGaps', 'sourceRestarts', 'sourceRecords', 'sourceDropped'] as const;

function copySources(registry: MetricRegistry, sources: Sources['sources']): void {
  for (const key of COPIED) registry.clear(key);
  for (const { name: source, kind, up, lagMs, gapCount, restarts, records, dropped } of sources) {
    registry.set('sourceUp', { source, kind }, up ? 1 : 0);
    if (lagMs !== null) registry.set('sourceLag', { source }, lagMs / 1_000);
    registry.inc('sourceGaps', { source }, gapCount);
    registry.inc('sourceRestarts', { source }, restarts);
    registry.inc('sourceRecords', { source }, records);
    for (const [reason, count] of Object.entries(dropped)) registry.inc('sourceDropped', { source, reason }, count);
  }
}

function copyLedger(registry: MetricRegistry, { counted, parsed }: LedgerStatus): void {
  registry.clear('ledgerParsed');
  registry.inc('ledgerParsed', {}, parsed);
  registry.clear('ledgerCounted');
  if (counted === null) {
    registry.hide('ledgerCounted');
    registry.hide('ledgerDifference');
    return;
  }
  registry.inc('ledgerCounted', {}, counted);
  registry.set('ledgerDifference', {}, counted - parsed);
}

function copyState(registry: MetricRegistry, { up, bytes, held, discarded, unkept }: StateStatus): void {
  registry.set('stateUp', {}, up ? 1 : 0);
  registry.set('stateBytes', {}, bytes);
  registry.set('stateOpenExits', {}, held.openExits);
  for (const key of ['stateDiscarded', 'stateUnkept'] as const) registry.clear(key);
  for (const [reason, count] of Object.entries(discarded)) registry.inc('stateDiscarded', { reason }, count);
  registry.inc('stateUnkept', {}, unkept);
}

function copyOthers(registry: MetricRegistry, { store, streams, refused, logLinesDropped, events }: MetricsOptions): void {
  if (events) copyEvents(registry, events());
  if (store) {
    const { verdicts, oomKills } = store();
    registry.clear('evicted');
    for (const [kind, { held, evicted }] of [['verdict', verdicts], ['oom-kill', oomKills]] as const) {
      registry.set('held', { kind }, held);
      registry.inc('evicted', { kind }, evicted);
    }
  }
  if (streams) {
    const { clients, dropped } = streams();
    registry.set('streamClients', {}, clients);
    registry.clear('streamDropped');
    registry.inc('streamDropped', {}, dropped);
  }
  if (refused) {
    registry.clear('httpRefused');
    for (const [reason, count] of Object.entries(refused())) registry.inc('httpRefused', { reason }, count);
  }
  if (logLinesDropped) {
    registry.clear('logDropped');
    registry.inc('logDropped', {}, logLinesDropped());
  }
}

function copyEvents(registry: MetricRegistry, { pending, written, failed, dropped }: EventCounts): void {
  registry.set('eventsPending', {}, pending);
  for (const key of ['eventsWritten', 'eventsFailed', 'eventsDropped'] as const) registry.clear(key);
  for (const [operation, count] of Object.entries(written)) registry.inc('eventsWritten', { operation }, count);
  for (const [reason, count] of failed) registry.inc('eventsFailed', { reason }, count);
  for (const [reason, count] of dropped) registry.inc('eventsDropped', { reason }, count);
}
