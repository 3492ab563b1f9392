import type { AgentConfig } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { Micros } from '../lib/time.ts';
import type { RuntimeEndpoint } from '../sources/runtime-endpoints.ts';
import { HIDES, isForbidden, isThere, type NodeSource } from './node-source.ts';

const ENGINE_DIRS = ['/var/lib/docker', '/run/docker', '/run/podman'];

interface RuntimeOptions {
  /** Up to when an earlier run had heard a runtime, as far as is looked back; null: none had. */
  readonly heardTo: (source: string) => Micros | null;
  /** More exits wait for their evidence than are to be. */
  readonly isFull: () => boolean;
}

export async function runtimes(config: AgentConfig, host: Host, options: RuntimeOptions): Promise<NodeSource[]> {
  const { resolveEndpoints } = await import('../sources/runtime-endpoints.ts');
  const endpoints = await resolveEndpoints(config.runtimeEndpoint, host);
  if (endpoints.length > 0) {
    const forbidden = await Promise.all(endpoints.map(({ socket }) => isForbidden(host, socket)));
    return [...(forbidden.includes(false) ? [] : [await podLogs(host)]), ...endpoints.flatMap(await runtimeMaker(config, host, endpoints, options))];
  }
  const names = await podLogs(host);
  return config.runtimeEndpoint.length > 0 ? [names] : [names, ...(await lateRuntime(config, host, options))];
}

/** Where no runtime answers, or none may be asked, logs tell exits, and the names of containers' logs whose they are. */
async function podLogs(host: Host): Promise<NodeSource> {
  const { podLogsSource } = await import('../sources/pod-logs/pod-logs-source.ts');
  const source = podLogsSource({ host });
  return { name: source.name, kind: source.kind, hides: HIDES.podLogs, source };
}

/** No socket yet: the runtime may start after the agent. The first one that appears is taken. */
async function lateRuntime(config: AgentConfig, host: Host, options: RuntimeOptions): Promise<NodeSource[]> {
  const { lateSource } = await import('../sources/late-source.ts');
  const { resolveEndpoints } = await import('../sources/runtime-endpoints.ts');
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
  const { createContainerdSource } = await import('../sources/containerd/containerd-source.ts');
  const { createCriSource } = await import('../sources/cri/cri-source.ts');
  const { createDockerSource } = await import('../sources/docker/docker-source.ts');
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
