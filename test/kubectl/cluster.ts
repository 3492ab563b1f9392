import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Pod of an agent, and what is behind the API server's proxy to it. */
export interface AgentSpec {
  readonly node: string;
  /** Where it really serves; null: nothing does. */
  readonly url: string | null;
  readonly phase?: string;
  readonly waiting?: string;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly name?: string;
  readonly port?: { readonly name: string; readonly containerPort: number };
  /** Answers in place of the agent. */
  readonly proxy?: (response: ServerResponse) => void;
}

interface ClusterSpec {
  readonly agents: readonly AgentSpec[];
  readonly nodes?: readonly string[] | 'forbidden';
  /** `namespace/name` of pods that there are, with node and uid. */
  readonly pods?: Readonly<Record<string, { readonly node: string; readonly uid: string; readonly containers?: Readonly<Record<string, string>>; readonly initContainers?: Readonly<Record<string, string>> }>>;
  /** Paths (without query) that the user may not get. */
  readonly forbidden?: readonly RegExp[];
}

export interface Cluster {
  readonly url: string;
  /** Of a context `test` with the namespace `shop`, and one `other` without. */
  readonly kubeconfig: string;
  /** Every request: path, and whom the user was impersonating. */
  readonly requests: { readonly path: string; readonly as: string | undefined }[];
  /** At most so many requests were with agents at once. */
  mostAtOnce(): number;
  close(): Promise<void>;
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
};

/** An answer of the API server itself, as it gives errors. */
export function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

const PROXY = /^\/api\/v1\/namespaces\/why137\/pods\/(https:)?([^/:]+):(\d+)\/proxy(\/.*)$/;
const POD = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/?]+)$/;

/** A real HTTP server that plays the API server: lists, one pod, and the proxy to pods, which passes on to real agents. */
export async function startCluster({ agents, nodes = [], pods = {}, forbidden = [] }: ClusterSpec): Promise<Cluster> {
  const requests: Cluster['requests'] = [];
  let now = 0;
  let most = 0;
  const server = createServer((asked, response) => {
    const url = asked.url ?? '';
    const path = url.split('?')[0] ?? '';
    const as = asked.headers['impersonate-user'];
    requests.push({ path: url, as: typeof as === 'string' ? as : undefined });
    if (forbidden.some((pattern) => pattern.test(path))) {
      const what = PROXY.test(path) ? 'pods "x" is forbidden: User "dev" cannot get resource "pods/proxy" in API group "" in the namespace "why137"' : 'User "dev" cannot do that';
      status(response, 403, 'Forbidden', what);
      return;
    }
    const proxied = PROXY.exec(url);
    if (proxied) {
      now += 1;
      most = Math.max(most, now);
      response.on('close', () => (now -= 1));
      pass(asked, response, agents.find((agent) => nameOf(agent) === proxied[2]), proxied[4] ?? '/');
    } else if (/^\/api\/v1\/(namespaces\/why137\/)?pods$/.test(path)) {
      const query = new URL(url, 'http://api').searchParams;
      const node = query.get('fieldSelector')?.replace('spec.nodeName=', '');
      const items = query.get('labelSelector') === 'app.kubernetes.io/name=why137' ? agents.filter((agent) => node === undefined || agent.node === node).map(podOf) : [];
      json(response, 200, { kind: 'PodList', metadata: {}, items });
    } else if (path === '/api/v1/nodes') {
      if (nodes === 'forbidden') status(response, 403, 'Forbidden', 'nodes is forbidden');
      else json(response, 200, nodePage(nodes, new URL(url, 'http://api').searchParams.get('continue')));
    } else {
      const [, namespace = '', name = ''] = POD.exec(path) ?? [];
      const pod = pods[`${namespace}/${name}`];
      if (!pod) status(response, 404, 'NotFound', `pods "${name}" not found`);
      else {
        json(response, 200, { metadata: { name, namespace, uid: pod.uid }, spec: { nodeName: pod.node }, status: { phase: 'Running', containerStatuses: statusesOf(pod.containers), initContainerStatuses: statusesOf(pod.initContainers) } });
      }
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const dir = mkdtempSync(join(tmpdir(), 'why137-kubectl-'));
  const kubeconfig = join(dir, 'config');
  writeFileSync(kubeconfig, JSON.stringify(configOf(port)));
  return {
    url: `http://127.0.0.1:${String(port)}`,
    kubeconfig,
    requests,
    mostAtOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        rmSync(dir, { recursive: true });
        server.close(() => { resolve(); });
        server.closeAllConnections();
      }),
  };
}

const statusesOf = (containers: Readonly<Record<string, string>> = {}): unknown => Object.entries(containers).map(([name, id]) => ({ name, containerID: `containerd://${id}` }));

const nameOf = ({ node, name }: AgentSpec): string => name ?? `why137-${node}`;

function podOf(agent: AgentSpec): unknown {
  const { node, phase = 'Running', waiting, ready = true, terminating = false, port = { name: 'http', containerPort: 9137 } } = agent;
  return {
    metadata: { name: nameOf(agent), namespace: 'why137', ...(terminating && { deletionTimestamp: '2026-11-23T03:00:00Z' }) },
    spec: { nodeName: node, containers: [{ name: 'why137', ports: [port] }] },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ state: waiting === undefined ? { running: {} } : { waiting: { reason: waiting } } }],
    },
  };
}

/** Two nodes a page. */
function nodePage(nodes: readonly string[], from: string | null): unknown {
  const start = Number(from ?? 0);
  const next = start + 2 < nodes.length ? { continue: String(start + 2) } : {};
  return { kind: 'NodeList', metadata: next, items: nodes.slice(start, start + 2).map((name) => ({ metadata: { name } })) };
}

function pass(asked: IncomingMessage, response: ServerResponse, agent: AgentSpec | undefined, path: string): void {
  if (!agent) {
    status(response, 404, 'NotFound', 'pods "x" not found');
    return;
  }
  if (agent.proxy) {
    agent.proxy(response);
    return;
  }
  const refused = (): void => {
    status(response, 503, 'ServiceUnavailable', 'error trying to reach service: dial tcp 10.0.0.7:9137: connect: connection refused');
  };
  if (agent.url === null) {
    refused();
    return;
  }
  // As the API server does: Authorization is its own, other headers go on.
  const { authorization: _own, host: _host, ...headers } = asked.headers;
  const onward = request(`${agent.url}${path}`, { method: asked.method ?? 'GET', headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', refused);
  onward.end();
}

function configOf(port: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server: `http://127.0.0.1:${String(port)}` } }],
    users: [{ name: 'dev', user: {} }],
    contexts: [
      { name: 'test', context: { cluster: 'here', user: 'dev', namespace: 'shop' } },
      { name: 'other', context: { cluster: 'here', user: 'dev' } },
    ],
    'current-context': 'test',
  };
}
