import { join } from 'node:path';
import type { ClusterAgent } from './agent.ts';
import { repository } from './cache.ts';
import { terminated, type Cluster } from './cluster.ts';
import type { Guest } from './guest.ts';
import { NAMESPACE } from './manifest.ts';
import { until } from './wait.ts';

/** What a scenario may do to the node and its pods. */
export class Lab {
  readonly guest: Guest;
  readonly cluster: Cluster;
  readonly agent: ClusterAgent;

  constructor(guest: Guest, cluster: Cluster, agent: ClusterAgent) {
    this.guest = guest;
    this.cluster = cluster;
    this.agent = agent;
  }

  /** The agent as deploy/overlays/NAME has it: another pod, where it was not so already. */
  async overlay(name: string): Promise<void> {
    await this.guest.sh('systemctl start kube-controller-manager kube-scheduler');
    const applied = await this.cluster.kubectl(['apply', '--validate=false', '-k', join(repository, 'deploy/overlays', name)]);
    if (!applied.includes('daemonset.apps/why137 unchanged')) await this.agent.successor();
  }

  /** Until a container runs; gives its id. */
  async running(pod: string, container = 'main'): Promise<string> {
    return until(`${pod}/${container} to run`, 300_000, async () => {
      const status = (await this.cluster.pod(NAMESPACE, pod))?.status.containerStatuses?.find(({ name }) => name === container);
      return status?.state?.running ? (status.containerID?.replace(/^.*:\/\//, '') ?? null) : null;
    });
  }

  /** The host's pid of a running container's PID 1. */
  async initPid(pod: string, container = 'main'): Promise<number> {
    const id = await this.running(pod, container);
    return Number(await this.guest.sh(`ctr -n k8s.io tasks ls | awk '$1 == "${id}" { print $2 }'`));
  }

  /** Makes a file in a container, that its program waits for. */
  async go(pod: string, container = 'main'): Promise<void> {
    await this.guest.sh(`touch /proc/${await this.initPid(pod, container)}/root/go`);
  }

  /** Until Kubernetes says that it ended (of an evicted pod it says no more than that), or knows nothing of the pod any more. */
  async ended(pod: string, container = 'main'): Promise<void> {
    await until(`${pod}/${container} to end`, 300_000, async () => {
      const found = await this.cluster.pod(NAMESPACE, pod);
      return found === null || terminated(found, container) !== null || found.status.phase === 'Failed';
    });
  }

  /** MiB that the node could still give. */
  availableMib(): Promise<number> {
    return this.#meminfoMib('MemAvailable');
  }

  /** MiB that it has. */
  totalMib(): Promise<number> {
    return this.#meminfoMib('MemTotal');
  }

  /** MiB that all pods together could still take, by the limit that node-allocatable is. */
  async podsAvailableMib(): Promise<number> {
    const [limit, usage] = this.guest.kernel.cgroup === 'v2' ? ['memory.max', 'memory.current'] : ['memory.limit_in_bytes', 'memory.usage_in_bytes'];
    const dir = `/sys/fs/cgroup/${this.guest.kernel.cgroup === 'v2' ? '' : 'memory/'}kubepods.slice`;
    return Math.floor(Number(await this.guest.sh(`echo $(($(cat ${dir}/${limit}) - $(cat ${dir}/${usage})))`)) / 2 ** 20);
  }

  async #meminfoMib(name: string): Promise<number> {
    return Math.floor(Number(await this.guest.sh(`awk '/^${name}:/ { print $2 }' /proc/meminfo`)) / 1024);
  }

  /** A process of the host that takes so many MiB, and that the kernel does not choose. */
  async hog(mib: number): Promise<void> {
    // By a name of its own, so that who looks for `eat` does not find it.
    await this.guest.sh(`systemd-run --quiet --unit=lab-hog --slice=lab.slice --property=OOMScoreAdjust=-999 /usr/local/bin/hog ${mib}`);
    await until('the host to have taken memory', 300_000, async () => {
      // Before it is there, systemd's own program stands in its place.
      const taken = await this.guest.sh("if systemctl --quiet is-active lab-hog; then awk '/^VmRSS:/ { print $2 }' /proc/$(pidof -s hog)/status 2>/dev/null || echo 0; else systemctl status --no-pager lab-hog 2>&1 || true; fi");
      if (!/^\d+$/.test(taken)) throw new Error(`The program that takes the host's memory has ended: ${taken}`);
      return Number(taken) / 1024 >= mib - 8;
    });
  }

  /** Ends what takes the host's memory, whatever became of the scenario. */
  async endHog(): Promise<void> {
    await this.guest.sh('systemctl stop lab-hog lab-hog-more 2>/dev/null; systemctl reset-failed lab-hog lab-hog-more 2>/dev/null || true');
  }
}
