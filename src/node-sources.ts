import { access } from 'node:fs/promises';
import type { AgentConfig } from './config/schema.ts';
import type { Host } from './host/host.ts';
import { KERNEL_WITNESS_PATTERN, witnessMatches, WITNESS_PATTERN } from './evidence/witnesses.ts';
import { JOURNAL_PATTERN } from './kernel/reader/needles.ts';
import type { Micros } from './lib/time.ts';
import type { ContainerExit } from './model/container-exit.ts';
import type { SourceEvent, SourceKind } from './model/source-event.ts';
import type { WitnessName } from './model/witness.ts';
import type { SourceEntry } from './pipeline.ts';
import type { KmsgPosition } from './sources/kmsg/kmsg-source.ts';
import type { JournalOptions } from './sources/journal/journal-options.ts';
import type { RuntimeEndpoint } from './sources/runtime-endpoints.ts';
import type { JournalSource } from './sources/journal/journal-source.ts';
import type { Source } from './sources/source.ts';
import type { TextFilePosition } from './sources/text-file/text-file-options.ts';
import { watched } from './sources/watched.ts';

/** A source of this node, with what the wiring may ask of it besides. */
export interface NodeSource extends SourceEntry {
  readonly source: Source;
  /** Reads at once what has come; for sources that otherwise hear of it late. */
  readonly readNow?: () => Promise<void>;
  /** Looks at a container again whose exit another source told. */
  readonly exited?: (exit: ContainerExit) => void;
  /** Is told what other sources tell: who lives, who died, what was counted. */
  readonly hears?: (event: SourceEvent) => void;
  /** Reads the kernel's own count of kills. */
  readonly count?: () => void;
}

/** Where an earlier run stood in a source; null where there was none. */
export type Remembered = (source: string) => { readonly position: unknown; readonly coveredTo: Micros | null } | null;

interface RuntimeOptions {
  /** Up to when an earlier run had heard a runtime, as far as is looked back; null: none had. */
  readonly heardTo: (source: string) => Micros | null;
  /** More exits wait for their evidence than are to be. */
  readonly isFull: () => boolean;
}

export const HIDES = {
  journal: "the kernel's own record of OOM kills, as only the kernel can have written it",
  units: 'why kubelet, a runtime or another program ended a container: probes, evictions, deletions, stops, other OOM killers',
  kubeletLog: 'why kubelet ended a container, where it does not log to the journal',
  podLogs: 'who containers are, where no runtime answers: pod, namespace and name by container id',
  auditLog: 'which process sent SIGKILL, where auditd keeps it from the journal',
  text: 'OOM kills where neither the journal nor /dev/kmsg can be read',
  kmsg: 'OOM kills that reach no log, and proof that nothing was missed',
  ledger: 'kills whose log lines were lost, and proof that there were none',
  cgroups: "in which container the kernel killed, and whose limit was hit, where its report was lost or cut to one line",
  containerd: 'container exits as they happen, and the host pid of each PID 1',
  docker: 'container exits, the host pid of each PID 1, and who was stopped through Docker Engine or podman',
  cri: 'pod names, limits, what Kubernetes was told, and exits from before the agent started',
} as const;

const ENGINE_DIRS = ['/var/lib/docker', '/run/docker', '/run/podman'];
const SYSLOG_LOOKBACK_BYTES = 2 * 1024 ** 3;
const KUBELET_LOOKBACK_BYTES = 256 * 1024 ** 2;
const AUDIT_LOOKBACK_BYTES = 64 * 1024 ** 2;
/** Where auditd writes by default. */
const AUDIT_LOG = '/var/log/audit/audit.log';

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
  const { ledgerSource } = await import('./sources/ledger/ledger-source.ts');
  const source = ledgerSource({ host });
  return { name: source.name, kind: 'ledger', hides: HIDES.ledger, source, count: () => void source.read() };
}

/** Before the runtimes: it is told of their containers. */
async function cgroups(host: Host): Promise<NodeSource> {
  const { cgroupsSource } = await import('./sources/cgroups/cgroups-source.ts');
  const source = cgroupsSource({ host });
  return { name: source.name, kind: source.kind, hides: HIDES.cgroups, source, hears: (event) => { source.hears(event); } };
}

async function journal(config: AgentConfig, host: Host, since: Micros): Promise<NodeSource> {
  const { KERNEL_PART } = await import('./sources/journal/journal-parts.ts');
  const pattern = `${JOURNAL_PATTERN}|${KERNEL_WITNESS_PATTERN}`;
  return journalReading(config, host, since, 'kernel-log', HIDES.journal, { part: KERNEL_PART, pattern, matches: [['_TRANSPORT=kernel']] });
}

/** What other programs than the kernel wrote to the journal: a reading of its own, so that neither waits for the other. */
async function units(config: AgentConfig, host: Host, since: Micros): Promise<NodeSource> {
  const { unitsPart } = await import('./sources/journal/journal-parts.ts');
  const matches = witnessMatches();
  const part = unitsPart(matches.flatMap((group, index) => (index === 0 ? group : ['+', ...group])));
  return journalReading(config, host, since, 'witness', HIDES.units, { part, pattern: WITNESS_PATTERN, matches });
}

async function journalReading(config: AgentConfig, host: Host, since: Micros, kind: SourceKind, hides: string, what: Pick<JournalOptions, 'part' | 'pattern' | 'matches'>): Promise<NodeSource> {
  const { journalSource } = await import('./sources/journal/journal-source.ts');
  let position: string | null = null;
  let current: JournalSource | null = null;
  const source = watched(host.clock, () => {
    current = journalSource({
      ...what,
      host,
      dir: config.journalDir,
      since,
      // A new run reads the look-back again; one that stood still goes on where it was.
      cursor: position,
      onCursor(cursor) {
        position = cursor;
      },
    });
    return current;
  });
  return { name: source.name, kind, hides, provesSilence: true, source, position: () => position, readNow: async () => current?.readNow() };
}

function kubeletLogs(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  return textLogs(host, remembered, config.kubeletLog, { kind: 'witness', witness: 'kubelet', hides: HIDES.kubeletLog, lookbackBytes: KUBELET_LOOKBACK_BYTES, since });
}

/** A node without auditd is not blind for that: the usual file is read once it is there, be it that audit was turned on later. */
async function auditLogs(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  const logs = { kind: 'witness', witness: 'audit', hides: HIDES.auditLog, lookbackBytes: AUDIT_LOOKBACK_BYTES, since } as const;
  if (config.auditLog.length > 0) return textLogs(host, remembered, config.auditLog.filter((file) => file !== 'none'), logs);
  const usual = await textLogs(host, remembered, [AUDIT_LOG], logs);
  if (await isThere(host, AUDIT_LOG)) return usual;
  const { lateSource } = await import('./sources/late-source.ts');
  const look = async (): Promise<boolean | null> => (await isThere(host, AUDIT_LOG)) || null;
  return usual.map((entry) => ({ ...entry, source: lateSource({ host, name: entry.name, kind: entry.kind, look, make: () => entry.source }), optional: true }));
}

function textFiles(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  const files = config.kernelLogFile.filter((file) => file !== 'none');
  return textLogs(host, remembered, files, { kind: 'kernel-log', hides: HIDES.text, lookbackBytes: SYSLOG_LOOKBACK_BYTES, since });
}

/** `witness`: whose logs they are, where they are of one witness alone. */
interface TextLogs {
  readonly kind: 'kernel-log' | 'witness';
  readonly hides: string;
  readonly lookbackBytes: number;
  readonly since: Micros;
  readonly witness?: WitnessName;
}

async function textLogs(host: Host, remembered: Remembered, files: readonly string[], { kind, hides, lookbackBytes, since, witness }: TextLogs): Promise<NodeSource[]> {
  if (files.length === 0) return [];
  const { textFileSource, textFileRead } = await import('./sources/text-file/text-file-source.ts');
  return files.map((file) => {
    let place: TextFilePosition | null = null;
    const make = (): Source =>
      textFileSource({
        host,
        file,
        kind,
        // One that stood still goes on where it was; a new run looks back all the same, and tells what is not held any more.
        position: place,
        read: place === null ? textFileRead(remembered(file)) : null,
        onPosition(position) {
          place = position;
        },
        lookbackBytes,
        since,
      });
    const position = (): string | null => (place === null ? null : `inode ${String(place.inode)}, offset ${String(place.offset)}`);
    return { name: file, kind, hides, source: watched(host.clock, make), position, place: () => place, ...(witness && { witness }) };
  });
}

async function kmsg(host: Host, remembered: Remembered): Promise<NodeSource> {
  const { kmsgSource, kmsgRead } = await import('./sources/kmsg/kmsg-source.ts');
  let place: KmsgPosition | null = null;
  const source = kmsgSource({
    host,
    read: kmsgRead(remembered('kmsg')),
    onPosition(position) {
      place = position;
    },
  });
  const position = (): string | null => (place === null ? null : `boot ${place.bootId}, sequence ${String(place.seq)}`);
  return { name: source.name, kind: 'kernel-log', hides: HIDES.kmsg, provesSilence: true, source, position, place: () => place };
}

async function runtimes(config: AgentConfig, host: Host, options: RuntimeOptions): Promise<NodeSource[]> {
  const { resolveEndpoints } = await import('./sources/runtime-endpoints.ts');
  const endpoints = await resolveEndpoints(config.runtimeEndpoint, host);
  if (endpoints.length > 0) {
    return endpoints.flatMap(await runtimeMaker(config, host, endpoints, options));
  }
  const names = await podLogs(host);
  return config.runtimeEndpoint.length > 0 ? [names] : [names, ...(await lateRuntime(config, host, options))];
}

/** Where no runtime answers, logs tell exits, and the names of containers' logs whose they are. */
async function podLogs(host: Host): Promise<NodeSource> {
  const { podLogsSource } = await import('./sources/pod-logs/pod-logs-source.ts');
  const source = podLogsSource({ host });
  return { name: source.name, kind: source.kind, hides: HIDES.podLogs, source };
}

/** No socket yet: the runtime may start after the agent. The first one that appears is taken. */
async function lateRuntime(config: AgentConfig, host: Host, options: RuntimeOptions): Promise<NodeSource[]> {
  const { lateSource } = await import('./sources/late-source.ts');
  const { resolveEndpoints } = await import('./sources/runtime-endpoints.ts');
  const look = async (): Promise<NodeSource[] | null> => {
    const [first] = await resolveEndpoints([], host);
    return first ? (await runtimeMaker(config, host, [first], options))(first) : null;
  };
  // Only where such an engine was ever: it would be missed elsewhere for ever.
  const engine = await Promise.all(ENGINE_DIRS.map((dir) => isThere(host, dir)));
  const missed = {
    why: 'no runtime socket was found in the usual places',
    cure: 'Mount the runtime socket, or name it by --runtime-endpoint unix:///…',
  };
  const names = engine.includes(true) ? (['docker'] as const) : (['containerd', 'cri'] as const);
  return names.map((name) => {
    let entry: NodeSource | undefined;
    const source = lateSource({
      host,
      name,
      kind: 'exits',
      look,
      make: (found) => {
        entry = found.find((one) => one.name === name);
        return entry?.source ?? null;
      },
      missed,
    });
    return { name, kind: 'exits', hides: HIDES[name], source, exited: (exit) => entry?.exited?.(exit) };
  });
}

async function runtimeMaker(config: AgentConfig, host: Host, all: readonly RuntimeEndpoint[], { heardTo, isFull }: RuntimeOptions): Promise<(endpoint: RuntimeEndpoint) => NodeSource[]> {
  const { createContainerdSource } = await import('./sources/containerd/containerd-source.ts');
  const { createCriSource } = await import('./sources/cri/cri-source.ts');
  const { createDockerSource } = await import('./sources/docker/docker-source.ts');
  return ({ socket, kind }) => {
    const alike = all.filter((other) => (other.kind === 'docker') === (kind === 'docker'));
    const named = (name: string): string => (alike.length === 1 ? name : `${name}:${socket}`);
    if (kind === 'docker') {
      const docker = createDockerSource({ host, socket, name: named('docker'), heardTo: heardTo(named('docker')) });
      return [{ name: docker.name, kind: 'exits', hides: HIDES.docker, source: docker }];
    }
    const native = kind === 'containerd';
    const cri = createCriSource({ host, socket, name: named('cri'), alone: !native });
    const criEntry: NodeSource = {
      name: cri.name,
      kind: 'exits',
      hides: HIDES.cri,
      source: cri,
      exited: ({ containerId }) => {
        cri.poke(containerId);
      },
    };
    if (!native) return [criEntry];
    const namespaces = config.containerdNamespace.length > 0 ? { namespaces: config.containerdNamespace } : {};
    const containerd = createContainerdSource({ host, socket, name: named('containerd'), isFull, ...namespaces });
    return [{ name: containerd.name, kind: 'exits', hides: HIDES.containerd, source: containerd }, criEntry];
  };
}

async function isThere(host: Host, path: string): Promise<boolean> {
  return access(host.path(path)).then(() => true, () => false);
}
