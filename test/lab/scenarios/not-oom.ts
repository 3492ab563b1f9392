import { pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';

/** The same number, and no kill of the kernel. */
export const notOom: readonly Scenario[] = [
  {
    name: 'kill-9',
    truth: 'somebody on the node sends SIGKILL to PID 1',
    manifests: [pod('kill-9', [{ run: 'exec sleep 100000', limit: '64Mi' }])],
    async act(lab) {
      await lab.guest.sh(`kill -9 ${await lab.initPid('kill-9')}`);
    },
    deaths: [{ pod: 'kill-9', container: 'main', code: 137, cause: 'not-oom', confidence: 'certain', kills: 0 }],
  },
  {
    name: 'exit-137',
    truth: 'the program ends itself with 137',
    manifests: [pod('exit-137', [{ run: 'sleep 1; exit 137', limit: '64Mi' }])],
    deaths: [{ pod: 'exit-137', container: 'main', code: 137, cause: 'not-oom', confidence: 'certain', kills: 0 }],
  },
];
