import { access } from 'node:fs/promises';
import { Why137Error } from '../lib/errors.ts';
import type { Host } from '../host/host.ts';

/** What speaks on a socket: containerd's own API and the CRI, or the CRI alone. */
export type EndpointKind = 'containerd' | 'cri';

export interface RuntimeEndpoint {
  /** Absolute path of the unix socket on the host (without the host's root prefix). */
  readonly socket: string;
  readonly kind: EndpointKind;
}

/**
 * Where runtimes usually listen. `/var/run` is left out where it is only an alias of `/run`. Sources: the defaults of
 * containerd, CRI-O and cri-dockerd; the documentation of k3s, RKE2, k0s and MicroK8s.
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
];

/** The sockets that exist among the usual ones, in that order. `exists` is asked with host paths. */
export async function findEndpoints(exists: (socket: string) => Promise<boolean>): Promise<readonly RuntimeEndpoint[]> {
  const found = await Promise.all(USUAL_ENDPOINTS.map(({ socket }) => exists(socket)));
  return USUAL_ENDPOINTS.filter((_, index) => found[index] === true);
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
  return /crio|dockerd|dockershim/.test(socket) ? 'cri' : 'containerd';
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
  if (given.length > 0) return given.map(parseEndpoint);
  return findEndpoints((socket) =>
    access(host.path(socket)).then(
      () => true,
      () => false,
    ),
  );
}
