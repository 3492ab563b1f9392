/** What a cgroup path tells of the container and pod it belongs to. */
export interface CgroupPath {
  /** Runtime that the path names; null where the layout does not say. */
  readonly runtime: string | null;
  readonly containerId: string | null;
  readonly podUid: string | null;
  /** Index of the container's segment among the path's segments; -1 without container. */
  readonly containerAt: number;
  readonly podAt: number;
  readonly kubepodsAt: number;
  readonly segments: readonly string[];
}

const RUNTIMES: Readonly<Record<string, string>> = {
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  docker: 'docker',
  libpod: 'podman',
};
const NAMES = Object.keys(RUNTIMES).join('|');

/** systemd driver: `cri-containerd-<id>.scope`, `docker-<id>.scope`; crio and libpod also without `.scope` (cgroupfs). */
const SCOPE = new RegExp(`^(${NAMES})-(?!conmon-)(?:payload-)?([^/]+)\\.scope$`);
const PREFIXED = /^(crio|libpod)-(?!conmon-)(?:payload-)?([0-9a-f]{64})$/;
/** A systemd-style path given to a cgroupfs runtime: `<slice>:cri-containerd:<id>` as one segment. */
const TRIPLE = new RegExp(`^(.*):(${NAMES}):([^/:]+)$`);
/** What else may lie below a pod: systemd's units, the monitors of CRI-O and podman. */
const NOT_CONTAINER = /\.(?:slice|service|scope)$|^(?:crio|libpod)-conmon-/;
const ID64 = /^[0-9a-f]{64}$/;

const UID = '[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32}';
const POD = new RegExp(`^(?:[\\w.-]*kubepods(?:-burstable|-besteffort|-guaranteed)?-)?pod(${UID})(?:\\.slice)?$`);
const KUBEPODS = /^(?:[\w.-]+-)?kubepods(?:\.slice)?$/;
/** Parents under which a runtime outside Kubernetes puts one cgroup a container: docker's, ctr's namespaces. */
const PARENTS: Readonly<Record<string, string | null>> = { docker: 'docker', 'k8s.io': 'containerd', default: 'containerd' };

/** A virtual machine's own processes: in the pod's cgroup under the sandbox's id, or in one for all that is not limited. */
const KATA = /^kata_(?=[0-9a-f]{64}$)/;
const KATA_OVERHEAD = 'kata_overhead';

/** Reads a cgroup path of any driver and runtime. The innermost container in it is the container. */
export function readCgroupPath(path: string): CgroupPath {
  const segments = path.split('/').filter((segment) => segment !== '');
  let found: Omit<CgroupPath, 'segments'> = { runtime: null, containerId: null, podUid: null, containerAt: -1, podAt: -1, kubepodsAt: -1 };
  for (const [at, segment] of segments.entries()) {
    const podUid = podOf(segment);
    if (KUBEPODS.test(segment)) found = { ...found, kubepodsAt: at };
    if (podUid !== null) found = { ...found, podUid, podAt: at };
    const container = containerOf(segment, segments[at - 1], found.podAt === at - 1 && at > 0, found.containerAt >= 0);
    if (container) {
      const inPod = TRIPLE.exec(segment);
      const triplePod = inPod ? podOf(inPod[1] ?? '') : null;
      found = { ...found, ...container, containerAt: at, podUid: triplePod ?? found.podUid };
    }
  }
  return { ...found, segments };
}

function podOf(segment: string): string | null {
  const uid = POD.exec(segment)?.[1];
  return uid === undefined ? null : uid.replaceAll('_', '-');
}

interface Named {
  readonly runtime: string | null;
  readonly containerId: string;
}

function containerOf(segment: string, parent: string | undefined, belowPod: boolean, inside: boolean): Named | null {
  const named = SCOPE.exec(segment) ?? PREFIXED.exec(segment);
  if (named) return { runtime: RUNTIMES[named[1] ?? ''] ?? null, containerId: named[2] ?? '' };
  const triple = TRIPLE.exec(segment);
  if (triple) return { runtime: RUNTIMES[triple[2] ?? ''] ?? null, containerId: triple[3] ?? '' };
  if (belowPod) return NOT_CONTAINER.test(segment) ? null : { runtime: null, containerId: segment.replace(KATA, '') };
  return belowParent(segment, parent, inside);
}

function belowParent(segment: string, parent: string | undefined, inside: boolean): Named | null {
  // A runtime's hash is one below any parent that was given to it: ECS's tasks, docker --cgroup-parent.
  if (ID64.test(segment) && !inside && parent !== KATA_OVERHEAD) return { runtime: parent === undefined ? null : (known(parent) ?? null), containerId: segment };
  if (parent === undefined || known(parent) === undefined) return null;
  // docker's ids are hashes; ctr's are whatever the caller chose, as are the cgroups that a container makes in itself.
  const isOne = parent === 'docker' ? ID64.test(segment) : !inside;
  return isOne ? { runtime: known(parent) ?? null, containerId: segment } : null;
}

function known(parent: string): string | null | undefined {
  return Object.hasOwn(PARENTS, parent) ? PARENTS[parent] : undefined;
}
