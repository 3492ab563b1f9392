import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import { LATENCY_BUCKETS, METRICS, type MetricRow } from './table.ts';

// prom-client through its parts: its index loads cluster and https. A test looks at what the bundle holds.
type Key = keyof typeof METRICS;
type KeyOf<T extends MetricRow['type']> = { [K in Key]: (typeof METRICS)[K]['type'] extends T ? K : never }[Key];
type LabelsOf<K extends Key> = Readonly<Record<(typeof METRICS)[K]['labels'][number], string>>;

/** The metrics of the table, typed: a label that a metric does not have does not compile. */
export interface MetricRegistry {
  inc<K extends KeyOf<'counter'>>(key: K, labels: LabelsOf<K>, by?: number): void;
  set<K extends KeyOf<'gauge'>>(key: K, labels: LabelsOf<K>, value: number): void;
  observe(key: KeyOf<'histogram'>, value: number): void;
  /** Forgets every series, for values that are copied from elsewhere as a whole; one without labels is 0 then. */
  clear(key: KeyOf<'counter' | 'gauge'>): void;
  /** Forgets one series. */
  remove<K extends KeyOf<'counter'>>(key: K, labels: LabelsOf<K>): void;
  /** Takes a metric without labels away: its value is not known. */
  hide(key: KeyOf<'counter' | 'gauge'>): void;
  render(): Promise<string>;
}

export function createRegistry(): MetricRegistry {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();

  for (const [key, { name, type, labels, help }] of Object.entries(METRICS)) {
    const config = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(key, new Counter(config));
    else if (type === 'gauge') gauges.set(key, new Gauge(config));
    else histograms.set(key, new Histogram({ ...config, buckets: LATENCY_BUCKETS }));
  }

  return {
    inc: (key, labels, by = 1) => counters.get(key)?.inc({ ...labels }, by),
    set: (key, labels, value) => gauges.get(key)?.set({ ...labels }, value),
    observe: (key, value) => histograms.get(key)?.observe(value),
    clear(key) {
      counters.get(key)?.reset();
      gauges.get(key)?.reset();
    },
    remove: (key, labels) => counters.get(key)?.remove({ ...labels }),
    hide(key) {
      counters.get(key)?.remove();
      gauges.get(key)?.remove();
    },
    render: () => registry.metrics(),
  };
}
