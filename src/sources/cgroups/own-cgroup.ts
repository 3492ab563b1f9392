import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsAround } from '../../lib/cgroup-paths.ts';
import type { Container } from '../../model/container-exit.ts';
import type { Hierarchy } from './hierarchy.ts';

/** A hash: whatever bears it is that container's. Names that people choose are no identity. */
const ID64 = /^[0-9a-f]{64}$/;

/** Where engines put their containers unless told otherwise: Docker's and podman's drivers, cgroupfs and systemd. */
const USUAL = [
  (id: string): string => `/docker/${id}`,
  (id: string): string => `/system.slice/docker-${id}.scope`,
  (id: string): string => `/machine.slice/libpod-${id}.scope`,
  (id: string): string => `/libpod_parent/libpod-${id}`,
];

/** The container's own cgroup and those around it, the outermost first; empty where it is not to be found. */
export function pathsOf({ cgroup, containerId }: Container, { root }: Hierarchy): readonly string[] {
  const told = cgroupsAround(cgroup);
  if (told.length > 0 || !ID64.test(containerId)) return told.every(isPlain) ? told : [];
  const found = USUAL.map((path) => path(containerId)).find((path) => existsSync(join(root, path)));
  return cgroupsAround(found ?? null);
}

/** A path that leads out of the hierarchy is none. */
function isPlain(path: string): boolean {
  return path.split('/').every((segment) => segment !== '..' && segment !== '.');
}
