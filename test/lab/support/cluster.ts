import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import * as z from 'zod/mini';
import { cache } from './cache.ts';
import type { Guest } from './guest.ts';
import type { Manifest } from './manifest.ts';
import { until } from './wait.ts';

const terminatedSchema = z.object({ exitCode: z.int(), reason: z.optional(z.string()), containerID: z.optional(z.string()), startedAt: z.nullish(z.string()), finishedAt: z.nullish(z.string()) });
const stateSchema = z.object({ running: z.optional(z.object({ startedAt: z.nullish(z.string()) })), terminated: z.optional(terminatedSchema), waiting: z.optional(z.object({ reason: z.optional(z.string()) })) });
const statusSchema = z.object({ name: z.string(), state: z.optional(stateSchema), lastState: z.optional(stateSchema), restartCount: z.int(), containerID: z.optional(z.string()), ready: z.boolean() });

type Status = z.infer<typeof statusSchema>;

const specSchema = z.object({ name: z.string(), resources: z.optional(z.object({ limits: z.optional(z.object({ memory: z.optional(z.string()) })) })) });

export const podSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
  spec: z.object({ containers: z.array(specSchema), initContainers: z.optional(z.array(specSchema)) }),
  status: z.object({ phase: z.optional(z.string()), reason: z.optional(z.string()), message: z.optional(z.string()), containerStatuses: z.optional(z.array(statusSchema)), initContainerStatuses: z.optional(z.array(statusSchema)) }),
});
export type Pod = z.infer<typeof podSchema>;

/** How a container ended, as Kubernetes tells it. */
export type Terminated = z.infer<typeof terminatedSchema>;

export const eventSchema = z.object({
  reason: z.nullish(z.string()),
  message: z.nullish(z.string()),
  count: z.nullish(z.int()),
  source: z.optional(z.object({ component: z.optional(z.string()) })),
  reportingComponent: z.nullish(z.string()),
  involvedObject: z.object({ name: z.optional(z.string()) }),
});

/** The API server of a guest, asked by this machine's kubectl. */
export class Cluster {
  readonly kubeconfig: string;
  readonly #port: number;
  readonly #ca = readFileSync(join(cache, 'keys/ca.crt'));
  readonly #seen = new Map<string, Pod>();
  readonly #connections = new Agent({ keepAlive: true });

  constructor(guest: Guest) {
    this.#port = guest.apiPort;
    this.kubeconfig = join(cache, `run-${guest.kernel.name}/kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster: { server: `https://127.0.0.1:${guest.apiPort}`, 'certificate-authority': join(cache, 'keys/ca.crt') } }],
      users: [{ name: 'admin', user: { token: 'lab-admin' } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'admin' } }],
      'current-context': 'lab',
    };
    writeFileSync(this.kubeconfig, JSON.stringify(config));
  }

  /** What the API server answers to a GET, which it may be too slow for at first; an answer that is none tells all of itself. */
  async get(path: string): Promise<string> {
    for (let left = 4; ; left -= 1) {
      try {
        return await this.#get(path);
      } catch (error) {
        if (left === 0) throw error;
        await pause(3_000);
      }
    }
  }

  async #get(path: string): Promise<string> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path, ca: this.#ca, headers: { authorization: 'Bearer lab-admin' }, agent: this.#connections, timeout: 180_000 };
      get(options, resolve).once('error', reject);
    });
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode ?? ''} ${JSON.stringify(response.headers)} ${body}`);
    return body;
  }

  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await execa('kubectl', ['--request-timeout=180s', ...args], {
      env: { KUBECONFIG: this.kubeconfig },
      timeout: 300_000,
      maxBuffer: 256 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
    return stdout;
  }

  /** Until the API server answers and the node can take pods. */
  async ready(): Promise<void> {
    await until('a healthy API server', 600_000, () => this.#get('/readyz').then((answer) => answer === 'ok', () => false));
    await until('a node that is Ready', 600_000, async () => (await this.#get('/api/v1/nodes').catch(() => '')).includes('"reason":"KubeletReady"'));
    await until('the service account of the default namespace', 300_000, () => this.#get('/api/v1/namespaces/default/serviceaccounts/default').then(() => true, () => false));
  }

  /** What emulation makes slow is tried again. */
  async apply(manifests: readonly Manifest[]): Promise<void> {
    // kubectl takes an empty list for a mistake.
    if (manifests.length === 0) return;
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    await until('the API server to take manifests', 300_000, () => this.kubectl(['apply', '--validate=false', '-f', '-'], list).then(() => true, () => false));
  }

  async pod(namespace: string, name: string): Promise<Pod | null> {
    const { items } = z.object({ items: z.array(podSchema) }).parse(JSON.parse(await this.get(`/api/v1/namespaces/${namespace}/pods?fieldSelector=metadata.name%3D${name}`)));
    const [found] = items;
    if (!found) return null;
    // The kubelet of 1.20 takes the statuses of its containers from a pod that it evicts.
    const before = this.#seen.get(name)?.status.containerStatuses;
    // And it takes the id of a container whose end it did not see.
    const statuses = found.status.containerStatuses?.map((status) => withId(status, before)) ?? before;
    this.#seen.set(name, { ...found, status: { ...found.status, ...(statuses && { containerStatuses: statuses }) } });
    return found;
  }

  /** A pod as it was when it was last asked for, be it gone since; its containers as they were last told of. */
  lastSeen(name: string): Pod | null {
    return this.#seen.get(name) ?? null;
  }

  async pods(namespace: string, selector: string): Promise<Pod[]> {
    const json = await this.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`);
    return z.object({ items: z.array(podSchema) }).parse(JSON.parse(json)).items;
  }

  async events(namespace: string): Promise<z.infer<typeof eventSchema>[]> {
    const json = await this.get(`/api/v1/namespaces/${namespace}/events`);
    return z.object({ items: z.array(eventSchema) }).parse(JSON.parse(json)).items;
  }
}

function withId(status: Status, before: readonly Status[] | undefined): Status {
  const known = before?.find(({ name }) => name === status.name)?.containerID;
  return known === undefined || (status.containerID ?? '') !== '' ? status : { ...status, containerID: known };
}

/** How a container of a pod ended last, or null while it never did. */
export function terminated(pod: Pod | null, container: string): Terminated | null {
  const statuses = [...(pod?.status.containerStatuses ?? []), ...(pod?.status.initContainerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === container);
  return status?.state?.terminated ?? status?.lastState?.terminated ?? null;
}
