/** A Kubernetes object as `kubectl apply` takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

export interface ContainerOf {
  readonly name?: string;
  /** A line of shell; PID 1 is the shell, unless it begins with `exec`. */
  readonly run: string;
  /** Kubernetes' quantity of memory (`64Mi`); none where left out. */
  readonly limit?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export const NAMESPACE = 'lab';

/** A pod that dies once: containers are `main`, `second` … unless named. */
export function pod(name: string, containers: readonly ContainerOf[], spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { lab: 'yes' } },
    spec: {
      // Nobody has to look for a node, and once the DaemonSet is there the guest can do without a scheduler.
      nodeName: 'node1',
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      containers: containers.map((one, index) => container(one, ['main', 'second', 'third'][index] ?? `number-${index}`)),
      ...spec,
    },
  };
}

export function container({ name, run, limit, more = {} }: ContainerOf, defaultName: string): Record<string, unknown> {
  return {
    name: name ?? defaultName,
    image: 'docker.io/lab/busybox:1',
    imagePullPolicy: 'Never',
    command: ['/bin/sh', '-c', run],
    // Nothing asked for, so that all fit on the node.
    resources: limit === undefined ? {} : { limits: { memory: limit }, requests: { memory: '1Mi' } },
    ...more,
  };
}
