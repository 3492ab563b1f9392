import { formatTime, formatTimeOrNull } from '../../lib/time.ts';
import type { Container, ContainerExit } from '../../model/container-exit.ts';
import { microsOfNanos } from '../grpc/proto-time.ts';
import type { Tally } from '../grpc/tally.ts';
import { NO_SPEC_FACTS, memoryLimit, parseJson, readSpec } from '../oci-spec.ts';
import type { SpecFacts } from '../oci-spec.ts';
import { podIdentity } from '../pod-labels.ts';
import { infoSchema } from './messages.ts';
import type { Status, StatusReply } from './messages.ts';

const RESTART_COUNT = 'io.kubernetes.container.restartCount';

/** What a verbose status tells beyond the standard fields; each runtime has its own JSON, so all of it may be absent. */
interface Details extends SpecFacts {
  readonly initPid: number | null;
  readonly runtimeType: string | null;
}

/** A container as a ContainerStatus (verbose or not) describes it. */
export function containerOfStatus(runtime: string, { status, info }: StatusReply, tally: Tally): Container {
  const pod = podIdentity(status.labels);
  const details = readDetails(info, tally);
  const limit = status.resources?.linux?.memoryLimitInBytes;
  return {
    containerId: status.id,
    runtime,
    runtimeType: details.runtimeType,
    ...pod,
    containerName: pod.containerName ?? textOrNull(status.metadata?.name),
    image: textOrNull(status.image?.userSpecifiedImage) ?? textOrNull(status.image?.image) ?? textOrNull(status.imageRef),
    cgroup: details.cgroup,
    initPid: details.initPid,
    memoryLimitBytes: (limit === undefined ? null : memoryLimit(Number(limit))) ?? details.memoryLimitBytes,
    restartCount: restartCount(status),
    startedAt: formatTimeOrNull(microsOfNanos(status.startedAt)),
  };
}

/** The end that a status tells; null when it says not when (the container never ran, or the runtime lost it). */
export function exitOfStatus(container: Container, status: Status): ContainerExit | null {
  const finishedAt = microsOfNanos(status.finishedAt);
  if (finishedAt === null) return null;
  return { ...container, exitCode: status.exitCode, finishedAt: formatTime(finishedAt), runtimeReason: textOrNull(status.reason) };
}

function readDetails(info: Readonly<Record<string, string>>, tally: Tally): Details {
  const text = info['info'];
  if (text === undefined) return { ...NO_SPEC_FACTS, initPid: null, runtimeType: null };
  const parsed = infoSchema.safeParse(parseJson(text));
  const spec = parsed.success && parsed.data.runtimeSpec ? readSpec(parsed.data.runtimeSpec) : NO_SPEC_FACTS;
  if (!parsed.success || spec === null) tally.count('unreadable-info');
  // After its end a container's pid is given as 0.
  const pid = parsed.success ? (parsed.data.pid ?? 0) : 0;
  return { ...(spec ?? NO_SPEC_FACTS), initPid: pid > 0 ? pid : null, runtimeType: parsed.success ? textOrNull(parsed.data.runtimeType) : null };
}

/** kubelet's count; the runtime's own `attempt` where there is no kubelet. */
function restartCount(status: Status): number | null {
  const annotated = status.annotations[RESTART_COUNT];
  if (annotated !== undefined && /^\d{1,9}$/.test(annotated)) return Number(annotated);
  return status.metadata?.attempt ?? null;
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
