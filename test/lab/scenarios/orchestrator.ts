import { NAMESPACE, pod } from '../support/manifest.ts';
import type { Lab } from '../support/lab.ts';
import type { Scenario } from '../support/scenario.ts';

const DEAF = "trap '' TERM; while :; do sleep 1; done";
const FAILS = { exec: { command: ['/bin/sh', '-c', 'exit 1'] }, periodSeconds: 2, failureThreshold: 1, timeoutSeconds: 30 };
const liveness = { livenessProbe: FAILS };

async function remove(lab: Lab, name: string): Promise<void> {
  await lab.running(name);
  await lab.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', name, '--wait=false']);
}

/**
 * Starts the kubelet anew with other words in its configuration, and waits until it has taken up its pods: found under
 * pressure before, it would evict none, but take none up again either.
 */
async function reconfigure(lab: Lab, sed: string): Promise<void> {
  const takenUp = "journalctl -u kubelet --since=@$since -o cat | grep -Eq 'SyncLoop .?ADD'";
  await lab.guest.sh(`sed -i '${sed}' /etc/kubernetes/kubelet.yaml; since=$(date +%s); systemctl restart kubelet; until ${takenUp}; do sleep 1; done`);
}

/** Deaths that the kubelet asked for, and near misses. */
export const orchestrator: readonly Scenario[] = [
  {
    name: 'liveness',
    truth: 'the liveness probe fails, and the program does not end within the grace period',
    manifests: [pod('liveness', [{ run: DEAF, more: liveness }])],
    deaths: [{ pod: 'liveness', container: 'main', code: 137, cause: 'liveness-probe', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'startup',
    truth: 'the startup probe fails, and the program does not end within the grace period',
    manifests: [pod('startup', [{ run: DEAF, more: { startupProbe: FAILS } }])],
    deaths: [{ pod: 'startup', container: 'main', code: 137, cause: 'startup-probe', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'deletion',
    truth: 'somebody deletes the pod, and the program does not end within the grace period',
    manifests: [pod('deletion', [{ run: DEAF }])],
    act: (lab) => remove(lab, 'deletion'),
    deaths: [{ pod: 'deletion', container: 'main', code: 137, cause: 'pod-deletion', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'oom-in-grace',
    truth: 'somebody deletes the pod; told to end, the program takes more than its limit within the grace period',
    manifests: [pod('oom-in-grace', [{ run: "trap 'exec eat 200' TERM; while :; do sleep 1; done", limit: '64Mi' }], { terminationGracePeriodSeconds: 60 })],
    act: (lab) => remove(lab, 'oom-in-grace'),
    deaths: [{ pod: 'oom-in-grace', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'own-137-in-grace',
    truth: 'the liveness probe fails; told to end, the program ends itself with 137 within the grace period',
    manifests: [pod('own-137-in-grace', [{ run: "trap 'exit 137' TERM; while :; do sleep 1; done", more: liveness }], { terminationGracePeriodSeconds: 60 })],
    deaths: [{ pod: 'own-137-in-grace', container: 'main', code: 137, cause: 'not-oom', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'preemption',
    truth: 'a node-critical pod needs the memory that the pod has asked for, and the kubelet makes room',
    manifests: [pod('preemption', [{ run: DEAF, more: { resources: { requests: { memory: '800Mi' } } } }])],
    async act(lab) {
      await lab.running('preemption');
      const critical = pod('critical', [{ run: 'exec sleep 1000', more: { resources: { requests: { memory: '800Mi' } } } }], { priorityClassName: 'system-node-critical' });
      await lab.cluster.apply([critical]);
    },
    deaths: [{ pod: 'preemption', container: 'main', code: 137, cause: 'preemption', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'eviction',
    truth: 'the pods are short of memory by what the kubelet was told to keep free, and it evicts the one that took it',
    manifests: [pod('eviction', [{ run: `while [ ! -e /go ]; do sleep 1; done; eat 150 & ${DEAF}` }])],
    async act(lab) {
      await lab.running('eviction');
      // Of the pods' memory: a kubelet as old as this does not see the node's own on cgroup v2, whose root has no memory.current.
      // On v1 it does, and takes for used what files have in the cache: without that the node has more than is kept.
      await lab.guest.sh('sync; echo 3 > /proc/sys/vm/drop_caches');
      const keep = (await lab.podsAvailableMib()) - 60;
      await reconfigure(lab, `s/memory.available: .*}/memory.available: ${keep}Mi }/`);
      try {
        await lab.running('eviction');
        await lab.go('eviction');
        await lab.ended('eviction');
      } finally {
        await reconfigure(lab, 's/memory.available: .*}/memory.available: 0% }/');
      }
    },
    deaths: [{ pod: 'eviction', container: 'main', code: 137, cause: 'eviction', confidence: 'likely', kills: 0 }],
  },
];
