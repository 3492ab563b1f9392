import { NAMESPACE } from '../support/manifest.ts';
import { until } from '../support/wait.ts';
import type { Lab } from '../support/lab.ts';
import type { Scenario } from '../support/scenario.ts';

/** A container of Docker Engine that says it is a pod's, as cri-dockerd makes them. */
function run(name: string, options: string, command: string): string {
  const labels = [`io.kubernetes.pod.name=${name}`, `io.kubernetes.pod.namespace=${NAMESPACE}`, 'io.kubernetes.pod.uid=11111111-2222-4333-8444-555555555555', 'io.kubernetes.container.name=main'];
  return `docker run --detach --name ${name} --network none ${labels.map((label) => `--label ${label}`).join(' ')} ${options} lab/busybox:1 ${command}`;
}

/** Docker Engine, with the cgroup driver that it takes by itself, and the agent that listens to it. */
async function started(lab: Lab): Promise<void> {
  await lab.guest.sh('systemctl start docker; docker load --quiet --input /var/lib/lab/small.tar');
  await lab.overlay('docker');
  await until('an agent that listens to Docker Engine', 120_000, async () => (await lab.agent.sources()).sources.some(({ name, up }) => name === 'docker' && up));
}

/** Deaths that Docker Engine tells of, to an agent by deploy/overlays/docker. */
export const docker: readonly Scenario[] = [
  {
    name: 'docker-kill',
    truth: 'somebody does `docker kill` on a container of Docker Engine that has the labels of a pod',
    manifests: [],
    replacesAgent: true,
    async act(lab) {
      await started(lab);
      await lab.guest.sh(run('docker-kill', '', 'sleep 100000'));
      await lab.guest.sh('docker kill docker-kill');
    },
    deaths: [{ pod: 'docker-kill', container: 'main', code: 137, cause: 'runtime-stop', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'docker-limit',
    truth: "a container of Docker Engine hits its own limit (the engine's own cgroup driver: systemd on cgroup v2, cgroupfs on v1)",
    manifests: [],
    replacesAgent: true,
    async act(lab) {
      await started(lab);
      await lab.guest.sh(run('docker-limit', '--memory 64m', 'eat 200'));
    },
    deaths: [{ pod: 'docker-limit', container: 'main', code: 137, cause: 'container-limit-oom', confidence: 'certain', kills: 1 }],
  },
];
