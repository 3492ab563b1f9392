import { pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';

/** Deaths with the node's own end. */
export const shutdown: readonly Scenario[] = [
  {
    name: 'node-shutdown',
    truth: 'the node is shut down, the kubelet ends its pods, and the program does not end within the grace period; asked after the next boot',
    manifests: [pod('node-shutdown', [{ run: "trap '' TERM; while :; do sleep 1; done" }])],
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
