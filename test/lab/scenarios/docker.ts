import { join } from 'node:path';
import { repository } from '../support/cache.ts';
import { NAMESPACE } from '../support/manifest.ts';
import { until } from '../support/wait.ts';
import type { Scenario } from '../support/scenario.ts';

const NAME = 'docker-kill';
const LABELS = [`io.kubernetes.pod.name=${NAME}`, `io.kubernetes.pod.namespace=${NAMESPACE}`, 'io.kubernetes.pod.uid=11111111-2222-4333-8444-555555555555', 'io.kubernetes.container.name=main'];

/** Deaths that Docker Engine tells of, to an agent by deploy/overlays/docker. */
export const docker: readonly Scenario[] = [
  {
    name: NAME,
    truth: 'somebody does `docker kill` on a container of Docker Engine that has the labels of a pod',
    manifests: [],
    replacesAgent: true,
    async act(lab) {
      await lab.guest.sh('systemctl start docker; docker load --quiet --input /var/lib/lab/small.tar');
      await lab.guest.sh('systemctl start kube-controller-manager');
      const applied = await lab.cluster.kubectl(['apply', '--validate=false', '-k', join(repository, 'deploy/overlays/docker')]);
      if (!applied.includes('daemonset.apps/why137 unchanged')) await lab.agent.successor();
      await until('an agent that listens to Docker Engine', 120_000, async () => (await lab.agent.sources()).sources.some(({ name, up }) => name === 'docker' && up));
      await lab.guest.sh(`docker run --detach --name ${NAME} --network none ${LABELS.map((label) => `--label ${label}`).join(' ')} lab/busybox:1 sleep 100000`);
      await lab.guest.sh(`docker kill ${NAME}`);
    },
    deaths: [{ pod: NAME, container: 'main', code: 137, cause: 'runtime-stop', confidence: 'likely', kills: 0 }],
  },
];
