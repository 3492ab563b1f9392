import { formatTime, type Micros } from '../../lib/time.ts';
import { trimEndOf } from '../../lib/trim-end.ts';
import type { Cause, Confidence } from '../../model/cause.ts';

/** Whose Event it is: the pod and, where there is one, the container in it. */
export interface Subject {
  readonly namespace: string;
  readonly podName: string;
  readonly podUid: string;
  readonly containerName: string | null;
}

/** What one Event on a pod says now. */
export interface Notice {
  readonly name: string;
  readonly subject: Subject;
  readonly reason: string;
  readonly message: string;
  readonly cause: Cause;
  readonly confidence: Confidence;
  /** Of the latest exit that it tells of. */
  readonly verdictId: string;
  readonly count: number;
  readonly firstUs: Micros;
  readonly lastUs: Micros;
}

export const COMPONENT = 'why137';
const MAX_NAME = 253;

/** The same for the same verdict: an agent that starts anew finds its Event by it. `edition`: a second Event for it. */
export function eventName(podName: string, verdictId: string, edition = ''): string {
  const suffix = `.${verdictId}${edition}`;
  return `${trimEndOf(podName.slice(0, MAX_NAME - suffix.length), /[^a-z0-9]/)}${suffix}`;
}

/** What changes when an Event is told again. */
export function changesOf({ reason, message, cause, confidence, verdictId, count, firstUs, lastUs }: Notice) {
  return {
    metadata: { annotations: { 'why137.cause': cause, 'why137.confidence': confidence, 'why137.verdict.id': verdictId } },
    reason,
    message,
    count,
    firstTimestamp: seconds(firstUs),
    lastTimestamp: seconds(lastUs),
  };
}

/**
 * The whole Event, of core/v1, in the form that kubelet's own have (no `eventTime`), so that kubectl shows both alike.
 * The pod's uid is what the runtime was told: for a static pod its hash, by which kubectl looks for a mirror pod's Events.
 */
export function eventOf(notice: Notice, nodeName: string) {
  const { name, subject } = notice;
  const { metadata, ...changes } = changesOf(notice);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: subject.namespace, ...metadata },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: subject.namespace,
      name: subject.podName,
      uid: subject.podUid,
      ...(subject.containerName === null ? {} : { fieldPath: `spec.containers{${subject.containerName}}` }),
    },
    type: 'Warning',
    ...changes,
    source: { component: COMPONENT, host: nodeName },
    reportingComponent: COMPONENT,
    reportingInstance: nodeName,
  };
}

/** Kubernetes' times of Events are whole seconds. */
function seconds(us: Micros): string {
  return `${formatTime(us).slice(0, 19)}Z`;
}
