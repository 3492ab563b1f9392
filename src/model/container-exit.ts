import * as z from 'zod/mini';
import { bytesOrNull, doc, intOrNull, textOrNull, time, timeOrNull } from './doc.ts';

const orNull = <S extends z.core.$ZodType>(schema: z.ZodMiniNullable<S>) => z._default(schema, null);

/** Who a container is, as far as anybody said. */
export const containerIdentityShape = {
  containerId: doc(z.string().check(z.minLength(1, { error: 'give an id' })), "The runtime's id of the container, without prefix"),
  runtime: orNull(textOrNull('Runtime that ran it: containerd, cri-o, docker, podman')),
  runtimeType: orNull(textOrNull('What that runtime runs it with, as containerd names it: io.containerd.runc.v2, io.containerd.kata.v2 …')),
  podUid: orNull(textOrNull('Kubernetes pod uid')),
  podName: orNull(textOrNull('Kubernetes pod name')),
  podNamespace: orNull(textOrNull('Kubernetes namespace')),
  containerName: orNull(textOrNull('Name of the container in its pod')),
  image: orNull(textOrNull('Image reference')),
  cgroup: orNull(textOrNull('Cgroup path of the container')),
  initPid: orNull(intOrNull("PID 1 of the container, as the host numbers it")),
  memoryLimitBytes: orNull(bytesOrNull("The container's own memory limit; null: none or not known")),
  restartCount: orNull(intOrNull('How often the container was restarted before')),
};

/** A container as a runtime describes it while or after it runs. */
export const containerSchema = z.object({
  ...containerIdentityShape,
  startedAt: orNull(timeOrNull('When it started')),
});
export type Container = z.infer<typeof containerSchema>;

/** One end of one container (contract: ContainerExit). */
export const containerExitSchema = doc(
  z.object({
    ...containerIdentityShape,
    startedAt: orNull(timeOrNull('When it started')),
    exitCode: doc(z.int(), 'Exit status as the runtime reported it'),
    finishedAt: time('When it ended'),
    finishedWithinMs: z.optional(doc(z.int(), 'How much before that it may have ended, where it was found out by looking')),
    runtimeReason: orNull(textOrNull('What the runtime or Kubernetes said: OOMKilled, Error, Completed …')),
  }),
  'One end of one container, as a runtime reported it',
);
export type ContainerExit = z.infer<typeof containerExitSchema>;

/** `containerName` of a pod's sandbox (pause), as every source gives it. */
export const SANDBOX_NAME = 'POD';
