import { pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';

/** Deaths with the node's own end. */
export const shutdown: readonly Scenario[] = [
  {
    name: 'node-shutdown',
    truth: 'the node is shut down, the kubelet ends its pods, and the program does not end within the grace period; asked after the next boot',
    // With a volume, as nearly every pod has one: of a pod without, a kubelet of 1.20 removes the cgroup as soon as it is
    // to end, and all in it are killed before the grace period is over.
    manifests: [pod('node-shutdown', [{ run: "trap '' TERM; while :; do sleep 1; done", more: { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] } }], { volumes: [{ name: 'scratch', emptyDir: {} }] })],
    replacesAgent: true,
    async act(lab) {
      await lab.running('node-shutdown');
      await lab.guest.reboot();
      await lab.cluster.ready();
      await lab.agent.successor();
    },
    deaths: [{ pod: 'node-shutdown', container: 'main', code: 137, cause: 'node-shutdown', confidence: 'likely', kills: 0 }],
  },
];
