/** Labels that kubelet gives to every container and sandbox (k8s.io/kubelet types: labels). */
const POD_NAME = 'io.kubernetes.pod.name';
const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
const POD_UID = 'io.kubernetes.pod.uid';
const CONTAINER_NAME = 'io.kubernetes.container.name';

export interface PodIdentity {
  readonly podUid: string | null;
  readonly podName: string | null;
  readonly podNamespace: string | null;
  readonly containerName: string | null;
}

export type Labels = Readonly<Record<string, string>>;

/** Who a container is to Kubernetes, by its labels; null where they say nothing. */
export function podIdentity(labels: Labels): PodIdentity {
  const label = (key: string): string | null => {
    const value = labels[key];
    return value === undefined || value === '' ? null : value;
  };
  return {
    podUid: label(POD_UID),
    podName: label(POD_NAME),
    podNamespace: label(POD_NAMESPACE),
    containerName: label(CONTAINER_NAME),
  };
}
