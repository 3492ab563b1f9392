import type { Convention } from './convention.ts';

const DOCKER = 'docker run reference, "Exit status"; podman-run(1), "Exit Status"';
const START = 'moby daemon/errors.go (translateContainerdStartErr)';
const REAPER = 'containerd pkg/sys/reaper: a signal is reported as 128 + its number';

export const CONTAINER: Convention = {
  id: 'container',
  title: 'Container runtimes and Kubernetes',
  source: REAPER,
  rows: [
    {
      code: 0,
      name: 'completed',
      text: 'PID 1 of the container ended by itself with success. Kubernetes calls it Completed, or OOMKilled if any process in it was OOM-killed.',
      source: 'containerd internal/cri/server/helpers.go; kubernetes issue #131530',
    },
    {
      code: 125,
      name: 'the error is with docker run itself',
      text: 'Docker or Podman could not run the container, for instance for a wrong option; the program never ran.',
      source: DOCKER,
    },
    {
      code: 126,
      name: "the container's command cannot be invoked",
      text: 'It was found, but is not executable (permission denied). Docker records it as the exit code of the container; Kubernetes with containerd shows 128 and StartError.',
      source: `${DOCKER}; ${START}`,
    },
    {
      code: 127,
      name: "the container's command cannot be found",
      text: 'No such file in the image, or not in PATH. Docker records it as the exit code of the container; Kubernetes with containerd shows 128 and StartError.',
      source: `${DOCKER}; ${START}`,
    },
    {
      code: 128,
      name: 'the container could not be started',
      text: 'containerd gives 128 with the reason StartError, and its message says why; Docker does likewise where it knows no better code. The program never ran.',
      source: 'containerd internal/cri/server/helpers.go (errorStartExitCode); moby daemon/start.go',
    },
    {
      code: 134,
      name: 'aborted',
      text: 'The program or its language runtime gave up by abort (128 + 6): a failed assertion, a fatal error of the runtime, a full V8 heap. Its last output says why.',
    },
    {
      code: 137,
      name: 'killed by SIGKILL, or the program returned 137',
      text: '128 + 9. An OOM kill is only one reason; a failed probe, an eviction, a stop whose grace period ran out and a plain kill -9 look the same. Ask: why137 explain NAMESPACE/POD.',
    },
    {
      code: 137,
      name: 'ContainerStatusUnknown',
      text: 'With this reason, kubelet no longer found the container and put 137 in place of a code that nobody knows.',
      source: 'kubernetes pkg/kubelet/status/status_manager.go and kubelet_pods.go',
    },
    {
      code: 137,
      name: 'the shim died',
      text: "When containerd's shim is gone, containerd kills and deletes the container and reports 137, whatever the program did (log: cleaning up after shim disconnected).",
      source: 'containerd core/runtime/v2/shim.go; cmd/containerd-shim-runc-v2/manager',
    },
    {
      code: 139,
      name: 'segmentation fault',
      text: '128 + 11: the program crashed by an invalid memory access, as a rule a fault of its own; more memory hardly helps.',
    },
    {
      code: 143,
      name: 'asked to stop',
      text: '128 + 15: ended by the SIGTERM that Kubernetes and docker stop send first: deletion, rollout, eviction, failed probe. A PID 1 without a handler does not get SIGTERM at all; it ends with 137 when the grace period is over.',
      source: 'Kubernetes documentation, Pod Lifecycle, "Termination of Pods"; pid_namespaces(7)',
    },
    {
      code: 159,
      name: 'system call forbidden',
      text: '128 + 31: the seccomp profile of the container kills on a system call that the program made.',
      source: 'seccomp(2), SECCOMP_RET_KILL_PROCESS',
    },
    {
      code: 255,
      name: 'the exit status is not known',
      text: 'containerd and CRI-O give 255 when nobody saw the end: after a reboot of the node, a lost container, or a shim that died and could not be asked. With reason Unknown, it says nothing about the program.',
      source:
        'containerd client/task.go (UnknownExitStatus), internal/cri/server/helpers.go (unknownExitCode); cri-o internal/oci/runtime_oci.go',
    },
  ],
};
