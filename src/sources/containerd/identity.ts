import { SANDBOX_NAME, type Container } from '../../model/container-exit.ts';
import { NO_SPEC_FACTS, parseJson, readSpec } from '../oci-spec.ts';
import { podIdentity } from '../pod-labels.ts';
import type { Tally } from '../grpc/tally.ts';
import type { ContainerRecord } from './messages.ts';

/** Docker keeps its containers in this namespace of containerd. */
const DOCKER_NAMESPACE = 'moby';
const KIND_LABEL = 'io.cri-containerd.kind';

/**
 * A container of which nothing but its id and where it lives is known.
 */
export function bareContainer(namespace: string, id: string): Container {
  return {
    containerId: id,
    runtime: namespace === DOCKER_NAMESPACE ? 'docker' : 'containerd',
    runtimeType: null,
    podUid: null,
    podName: null,
    podNamespace: null,
    containerName: null,
    image: null,
    cgroup: null,
    initPid: null,
    memoryLimitBytes: null,
    restartCount: null,
    startedAt: null,
  };
}

/**
 * What containerd's record of a container says of it; pid and start belong to its task. A pod's sandbox (its pause
 * container) is a container of that pod too, named `POD`, as cAdvisor and Docker's names always called it.
 */
export function describeContainer(namespace: string, record: ContainerRecord, tally: Tally): Container {
  const pod = podIdentity(record.labels);
  const spec = record.spec === null ? NO_SPEC_FACTS : readSpec(parseJson(new TextDecoder().decode(record.spec.value)));
  if (spec === null) tally.count('unreadable-spec');
  return {
    ...bareContainer(namespace, record.id),
    ...pod,
    runtimeType: record.runtime === null || record.runtime.name === '' ? null : record.runtime.name,
    containerName: record.labels[KIND_LABEL] === 'sandbox' ? SANDBOX_NAME : pod.containerName,
    image: record.image === '' ? null : record.image,
    ...(spec ?? NO_SPEC_FACTS),
  };
}
