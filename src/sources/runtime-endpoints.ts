import { readdir, realpath } from 'node:fs/promises';
import { Why137Error } from '../lib/errors.ts';
import type { Host } from '../host/host.ts';

/** What speaks on a socket: containerd's own API and the CRI, the CRI alone, or Docker Engine's API (podman's, too). */
export type EndpointKind = 'containerd' | 'cri' | 'docker';

export interface RuntimeEndpoint {
  /** Absolute path of the unix socket on the host (without the host's root prefix). */
  readonly socket: string;
  readonly kind: EndpointKind;
}

/**
 * Where runtimes usually listen. `/var/run` is left out where it is only an alias of `/run`. Sources: the defaults of
 * containerd, CRI-O, cri-dockerd, dockerd and podman; the documentation of k3s, RKE2, k0s and MicroK8s. dockerd's own
 * containerd tells nothing that dockerd does not; where it uses the node's, both tell of the same containers by the same ids.
 */
export const USUAL_ENDPOINTS: readonly RuntimeEndpoint[] = [
  { socket: '/run/containerd/containerd.sock', kind: 'containerd' },
  { socket: '/run/k3s/containerd/containerd.sock', kind: 'containerd' },
  { socket: '/run/rke2/containerd/containerd.sock', kind: 'containerd' },
  { socket: '/run/k0s/containerd.sock', kind: 'containerd' },
  { socket: '/var/lib/k0s/run/containerd.sock', kind: 'containerd' },
  { socket: '/var/snap/microk8s/common/run/containerd.sock', kind: 'containerd' },
  { socket: '/run/crio/crio.sock', kind: 'cri' },
  { socket: '/run/cri-dockerd.sock', kind: 'cri' },
  { socket: '/run/dockershim.sock', kind: 'cri' },
  { socket: '/run/docker.sock', kind: 'docker' },
  { socket: '/run/podman/podman.sock', kind: 'docker' },
];

/** Below a user's runtime directory: rootless docker and podman. */
const ROOTLESS = ['docker.sock', 'podman/podman.sock'];
/** A node with more users than this is no node. */
const MAX_USERS = 64;

/**
 * The sockets that exist among the usual ones and those of users (their numbers), in that order; one that is another's
 * alias (podman's under docker's name) is left out. `real` gives a host path without links, null where nothing is.
 */
export async function findEndpoints(real: (socket: string) => Promise<string | null>, users: readonly string[] = []): Promise<readonly RuntimeEndpoint[]> {
  const rootless = users.flatMap((user) => ROOTLESS.map((name): RuntimeEndpoint => ({ socket: `/run/user/${user}/${name}`, kind: 'docker' })));
  const places = [...USUAL_ENDPOINTS, ...rootless];
  const found = await Promise.all(places.map(({ socket }) => real(socket)));
  return places.filter((_, index) => found[index] !== null && found.findIndex((path) => path === found[index]) === index);
}

/**
 * One value of `--runtime-endpoint`: `unix:///run/x.sock`, `unix:/run/x.sock` or `/run/x.sock`. `/var/run/` is read as
 * `/run/`, whose alias it is: seen from a container, that link would lead out of the host's root. A socket that is not
 * known to speak the CRI alone is taken to be containerd's.
 * @throws {Why137Error} W137_CONFIG
 */
export function parseEndpoint(value: string): RuntimeEndpoint {
  const path = /^(?:unix:(?:\/\/)?)?(\/(?!\/)[^\0]*[^/\0])$/.exec(value.trim())?.[1];
  if (path === undefined) {
    throw new Why137Error(
      'W137_CONFIG',
      `--runtime-endpoint ${JSON.stringify(value)} is not a unix socket: write unix:///run/containerd/containerd.sock, or none.`,
    );
  }
  const socket = path.replace(/^\/var\/run\//, '/run/');
  return { socket, kind: USUAL_ENDPOINTS.find((usual) => usual.socket === socket)?.kind ?? kindOf(socket) };
}

function kindOf(socket: string): EndpointKind {
  if (/crio|cri-dockerd|dockershim/.test(socket)) return 'cri';
  // dockerd's own containerd is below a directory of docker's.
  return /(?:docker|podman)[^/]*$/.test(socket) ? 'docker' : 'containerd';
}

/**
 * The endpoints to use: those given, none when `none` is given, and the usual ones that exist when nothing is.
 * @throws {Why137Error} W137_CONFIG
 */
export async function resolveEndpoints(given: readonly string[], host: Host): Promise<readonly RuntimeEndpoint[]> {
  if (given.includes('none')) {
    if (given.length === 1) return [];
    throw new Why137Error('W137_CONFIG', '--runtime-endpoint none cannot be given together with a socket: give one or the other.');
  }
  if (given.length > 0) return Promise.all(given.map((value) => ask(parseEndpoint(value), host)));
  const users = await readdir(host.path('/run/user')).catch(() => []);
  const numbers = users.filter((name) => /^\d{1,10}$/.test(name)).slice(0, MAX_USERS);
  return findEndpoints((socket) => realpath(host.path(socket)).catch(() => null), numbers);
}

/** A name tells little: what speaks on a socket in an unusual place is asked for. Where nobody answers, its name decides. */
async function ask(endpoint: RuntimeEndpoint, host: Host): Promise<RuntimeEndpoint> {
  if (USUAL_ENDPOINTS.some(({ socket }) => socket === endpoint.socket)) return endpoint;
  const { speaksDocker } = await import('./docker/probe.ts');
  const speaks = await speaksDocker(host, endpoint.socket);
  if (speaks === null) return endpoint;
  return speaks ? { ...endpoint, kind: 'docker' } : { ...endpoint, kind: endpoint.kind === 'docker' ? 'containerd' : endpoint.kind };
}
