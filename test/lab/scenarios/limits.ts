import { NAMESPACE, pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';
import { until } from '../support/wait.ts';

/** Waits for a file that the lab makes, so that what is to be set can be set before. */
const WAIT = 'while [ ! -e /go ]; do sleep 1; done';
const REST = 'trap exit TERM; sleep 100000 & wait';

/** Deaths at the limit of a cgroup. */
export const limits: readonly Scenario[] = [
  {
    name: 'container-limit',
    truth: 'one of two containers takes more than its limit',
    manifests: [pod('container-limit', [{ run: 'exec eat 200', limit: '64Mi' }, { run: REST }])],
    deaths: [{ pod: 'container-limit', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'sole-container-limit',
    truth: "a pod's only container takes more than its limit; the kernel names the pod's cgroup where that has the same limit",
    manifests: [pod('sole-container-limit', [{ run: 'exec eat 200', limit: '64Mi' }])],
    deaths: [{ pod: 'sole-container-limit', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'pod-limit',
    truth: "the pod's limit, with each container below its own: a memory-backed volume counts",
    manifests: [
      pod('pod-limit', [{ run: `${WAIT}; exec eat 56`, limit: '64Mi' }, { run: REST, limit: '64Mi' }], {
        // The pod's limit is the larger of the sum of its containers' and its initial container's.
        initContainers: [
          {
            name: 'filler',
            image: 'docker.io/lab/busybox:1',
            imagePullPolicy: 'Never',
            command: ['/bin/dd', 'if=/dev/zero', 'of=/volume/file', 'bs=1M', 'count=90'],
            resources: { limits: { memory: '120Mi' }, requests: { memory: '1Mi' } },
            volumeMounts: [{ name: 'volume', mountPath: '/volume' }],
          },
        ],
        volumes: [{ name: 'volume', emptyDir: { medium: 'Memory' } }],
      }),
    ],
    act: (lab) => lab.go('pod-limit'),
    deaths: [{ pod: 'pod-limit', container: 'main', code: 137, cause: 'pod-limit-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'child-passed-on',
    truth: 'a child takes more than the limit and is killed; the shell that is PID 1 ends with the child’s 137',
    manifests: [pod('child-passed-on', [{ run: 'eat 200; exit $?', limit: '64Mi' }])],
    // Where the shell of a slow machine takes seconds to end, that it ended by its child's status is no more than possible.
    deaths: [{ pod: 'child-passed-on', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'possible', kills: 1 }],
  },
  {
    name: 'child-only',
    truth: 'a child takes more than the limit and is killed; PID 1 goes on, and ends 3 s later with a code of its own',
    manifests: [pod('child-only', [{ run: 'eat 200; sleep 3; exit 3', limit: '64Mi' }])],
    deaths: [{ pod: 'child-only', container: 'main', code: 3, cause: 'program', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'group-kill',
    truth: 'the kernel kills everything in the container, whose memory.oom.group is set',
    needs: { cgroup: 'v2' },
    manifests: [pod('group-kill', [{ run: `sleep 10000 & sleep 10001 & ${WAIT}; eat 200; true`, limit: '64Mi' }, { run: REST }])],
    async act(lab) {
      const pid = await lab.initPid('group-kill');
      await lab.guest.sh(`echo 1 > /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/${pid}/cgroup)/memory.oom.group`);
      await lab.go('group-kill');
    },
    // How many kills: with PID 1 its whole namespace ends, before or after the kernel has come to each of its processes.
    deaths: [{ pod: 'group-kill', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain' }],
  },
  {
    name: 'crash-loop',
    truth: 'a container that Kubernetes starts again hits its limit, again and again',
    manifests: [pod('crash-loop', [{ run: 'exec eat 200', limit: '64Mi' }], { restartPolicy: 'Always' })],
    async act(lab) {
      // Kubernetes keeps the last two; the agent is asked for them all.
      await until('three deaths of one container, each with its answer', 300_000, async () => (await lab.agent.verdicts(NAMESPACE, 'crash-loop')).filter(({ cause, final }) => cause === 'container-limit-oom' && final).length >= 3);
      // One Event, counted on.
      await until('an Event that counts three', 60_000, async () => (await lab.cluster.events(NAMESPACE)).some(({ involvedObject, source, count }) => involvedObject.name === 'crash-loop' && source?.component === 'why137' && (count ?? 1) >= 3));
      await lab.cluster.pod(NAMESPACE, 'crash-loop');
      await lab.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', 'crash-loop', '--wait=false']);
    },
    deaths: [{ pod: 'crash-loop', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'storm',
    truth: 'sixty children and then PID 1 die at the limit within seconds: the kernel keeps most of its reports to itself',
    manifests: [pod('storm', [{ run: 'n=0; while [ $n -lt 60 ]; do eat 100 & n=$((n+1)); done; wait; exec eat 200', limit: '64Mi' }, { run: REST }])],
    // Whose limit it was is known of PID 1's own report only where that was not one of those left out.
    deaths: [{ pod: 'storm', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'likely' }],
  },
];
