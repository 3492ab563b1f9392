import { formatTimeOrNull, parseTime, type Micros } from '../../lib/time.ts';
import { SANDBOX_NAME, type Container } from '../../model/container-exit.ts';
import { memoryLimit } from '../oci-spec.ts';
import { podIdentity, type Labels } from '../pod-labels.ts';
import type { Inspect } from './messages.ts';

/** Given by dockershim and cri-dockerd, beside kubelet's own labels. */
const TYPE_LABEL = 'io.kubernetes.docker.type';
const SANDBOX_TYPE = 'podsandbox';
const RESTART_COUNT = 'annotation.io.kubernetes.container.restartCount';

/** A container as `inspect` describes it. */
export function describe(runtime: string, inspect: Inspect): Container {
  const labels = inspect.Config?.Labels ?? {};
  const { State } = inspect;
  return {
    ...identityOf(runtime, inspect.Id, labels, inspect.Name, inspect.Config?.Image),
    initPid: State.Pid != null && State.Pid > 0 ? State.Pid : null,
    memoryLimitBytes: memoryLimit(inspect.HostConfig?.Memory ?? null),
    restartCount: kubeletCount(labels) ?? inspect.RestartCount ?? null,
    startedAt: formatTimeOrNull(momentOf(State.StartedAt)),
  };
}

/** A container of which only an event tells: its attributes are its labels, its name and its image. */
export function bareContainer(runtime: string, id: string, attributes: Labels): Container {
  return identityOf(runtime, id, attributes, attributes['name'], attributes['image']);
}

function identityOf(runtime: string, containerId: string, labels: Labels, name: string | null | undefined, image: string | null | undefined): Container {
  const pod = podIdentity(labels);
  const ofKubernetes = pod.podName !== null || pod.podUid !== null;
  const own = textOrNull(name?.replace(/^\//, ''));
  return {
    containerId,
    runtime,
    runtimeType: null,
    ...pod,
    containerName: labels[TYPE_LABEL] === SANDBOX_TYPE ? SANDBOX_NAME : ofKubernetes ? pod.containerName : own,
    image: textOrNull(image),
    cgroup: null,
    initPid: null,
    memoryLimitBytes: null,
    restartCount: null,
    startedAt: null,
  };
}

/** A moment as engines write it; null for Go's zero time, which means never. */
export function momentOf(text: string | null | undefined): Micros | null {
  const time = text == null ? null : parseTime(text);
  return time !== null && time > 0 ? time : null;
}

/** kubelet makes a new container for a restart: the engine's own count stays 0 there. */
function kubeletCount(labels: Labels): number | null {
  const text = labels[RESTART_COUNT];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function textOrNull(text: string | null | undefined): string | null {
  return text == null || text === '' ? null : text;
}
