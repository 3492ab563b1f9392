import type { AgentConfig } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { Micros } from '../lib/time.ts';
import type { KmsgPosition } from '../sources/kmsg/kmsg-source.ts';
import { journal, units } from './journals.ts';
import { HIDES, type NodeSource, type Remembered } from './node-source.ts';
import { runtimes } from './runtimes.ts';
import { auditLogs, kubeletLogs, textFiles } from './text-logs.ts';

/**
 * The sources that a configuration names on a host: one entry each. To add a source, add it here. Those that cannot be
 * read say so when they are started.
 */
export async function nodeSources(config: AgentConfig, host: Host, now: Micros, remembered: Remembered = () => null, isFull = (): boolean => false): Promise<NodeSource[]> {
  const since = now - config.lookback * 1_000;
  const heardTo = (source: string): Micros | null => {
    const to = remembered(source)?.coveredTo ?? null;
    return to === null ? null : Math.max(to, since);
  };
  return [
    await ledger(host),
    await cgroups(host),
    ...(config.journal === 'off' ? [] : [await journal(config, host, since)]),
    ...(config.journal === 'off' ? [] : [await units(config, host, since)]),
    ...(await textFiles(config, host, since, remembered)),
    ...(await kubeletLogs(config, host, since, remembered)),
    ...(await auditLogs(config, host, since, remembered)),
    ...(config.kmsg === 'off' ? [] : [await kmsg(host, remembered)]),
    ...(await runtimes(config, host, { heardTo, isFull })),
  ];
}

async function ledger(host: Host): Promise<NodeSource> {
  const { ledgerSource } = await import('../sources/ledger/ledger-source.ts');
  const source = ledgerSource({ host });
  return { name: source.name, kind: 'ledger', hides: HIDES.ledger, source, count: () => void source.read() };
}

/** Before the runtimes: it is told of their containers. */
async function cgroups(host: Host): Promise<NodeSource> {
  const { cgroupsSource } = await import('../sources/cgroups/cgroups-source.ts');
  const source = cgroupsSource({ host });
  return { name: source.name, kind: source.kind, hides: HIDES.cgroups, source, hears: (event) => { source.hears(event); } };
}

async function kmsg(host: Host, remembered: Remembered): Promise<NodeSource> {
  const { kmsgSource, kmsgRead } = await import('../sources/kmsg/kmsg-source.ts');
  let place: KmsgPosition | null = null;
  const source = kmsgSource({
    host,
    read: kmsgRead(remembered('kmsg')),
    onPosition(position) {
      place = position;
    },
  });
  const position = (): string | null => (place === null ? null : `boot ${place.bootId}, sequence ${String(place.seq)}`);
  return { name: source.name, kind: 'kernel-log', hides: HIDES.kmsg, provesSilence: true, source, position, place: () => place, readNow: () => source.readNow() };
}
