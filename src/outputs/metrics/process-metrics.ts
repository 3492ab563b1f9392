import { readdirSync } from 'node:fs';
import type { MetricRegistry } from './registry.ts';

/** What every Prometheus exporter says of itself; prom-client's own collector would load much more. */
export function collectProcess(registry: MetricRegistry): void {
  const { user, system } = process.cpuUsage();
  registry.set('memory', {}, process.memoryUsage.rss());
  registry.clear('cpu');
  registry.inc('cpu', {}, (user + system) / 1e6);
  registry.set('start', {}, performance.timeOrigin / 1_000);
  const fds = openFds();
  if (fds !== null) registry.set('fds', {}, fds);
}

function openFds(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1; // the listing itself holds one
  } catch {
    return null;
  }
}
