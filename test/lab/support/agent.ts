import * as z from 'zod/mini';
import { oomKillSchema, type OomKill } from '../../../src/model/oom-kill.ts';
import { sourcesSchema, type Sources } from '../../../src/model/source-status.ts';
import { verdictSchema, type Verdict } from '../../../src/model/verdict.ts';
import type { Cluster, Pod } from './cluster.ts';
import { until } from './wait.ts';

/** The agent of the guest's DaemonSet, asked as `kubectl why137` does: through the API server. */
export class ClusterAgent {
  readonly #cluster: Cluster;
  #pod = '';

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async ready(cluster: Cluster): Promise<ClusterAgent> {
    const agent = new ClusterAgent(cluster);
    await agent.successor();
    return agent;
  }

  /** Until there is a pod that is ready, other than the one that was asked so far. */
  async successor(): Promise<void> {
    const pod = await until('a ready pod of the DaemonSet', 600_000, async () =>
      (await this.#cluster.pods('why137', 'app.kubernetes.io/name=why137').catch(() => [])).find((one) => isReady(one) && one.metadata.name !== this.#pod),
    );
    this.#pod = pod.metadata.name;
  }

  async verdicts(namespace: string, pod: string): Promise<Verdict[]> {
    return z.object({ items: z.array(verdictSchema) }).parse(await this.#get(`/v1/exits?namespace=${namespace}&pod=${pod}&limit=1000`)).items;
  }

  async oomKills(): Promise<OomKill[]> {
    return z.object({ items: z.array(oomKillSchema) }).parse(await this.#get('/v1/oom-kills?limit=1000')).items;
  }

  async sources(): Promise<Sources> {
    return sourcesSchema.parse(await this.#get('/v1/sources'));
  }

  /** Everything that its pod printed. */
  async logs(): Promise<Record<string, unknown>[]> {
    // A kubelet that has just started knows nothing of its pods yet.
    const text = await until('the logs of the agent', 300_000, () => this.#cluster.kubectl(['-n', 'why137', 'logs', this.#pod]).catch(() => null));
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [z.record(z.string(), z.unknown()).parse(JSON.parse(line))] : []));
  }

  async restarts(): Promise<number> {
    const pod = await this.#cluster.pod('why137', this.#pod);
    return pod?.status.containerStatuses?.[0]?.restartCount ?? Number.NaN;
  }

  async #get(path: string): Promise<unknown> {
    return JSON.parse(await this.#cluster.get(`/api/v1/namespaces/why137/pods/${this.#pod}:9137/proxy${path}`));
  }
}

function isReady(pod: Pod): boolean {
  return pod.status.containerStatuses?.every(({ ready }) => ready) ?? false;
}
