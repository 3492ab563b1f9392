import { whileAudited } from '../support/audit.ts';
import { NAMESPACE, pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';

/** Deaths of which the agent, by deploy/overlays/audit, tells the container that they came from. */
export const audited: readonly Scenario[] = [
  {
    name: 'audited-exec',
    truth: 'somebody has a shell in another pod, which sees the node’s processes, and sends SIGKILL to PID 1; audit records it, and the agent may look where the sender is',
    manifests: [pod('audited-exec', [{ run: 'exec sleep 100000' }]), pod('sender', [{ name: 'shell', run: 'exec sleep 100000' }], { hostPID: true })],
    replacesAgent: true,
    async act(lab) {
      await lab.overlay('audit');
      await lab.running('sender', 'shell');
      const pid = await lab.initPid('audited-exec');
      await whileAudited(lab, async () => {
        // The shell itself sends it, and lives on for a while, as one does that somebody sits at.
        await lab.cluster.kubectl(['-n', NAMESPACE, 'exec', 'sender', '--', '/bin/sh', '-c', `kill -9 ${pid}; sleep 20`]);
        await lab.ended('audited-exec');
      });
    },
    deaths: [{ pod: 'audited-exec', container: 'main', code: 137, cause: 'external-sigkill', confidence: 'likely', kills: 0, says: `container ${NAMESPACE}/sender/shell` }],
  },
];
