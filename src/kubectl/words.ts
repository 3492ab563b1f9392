import { sayDuration } from '../lib/duration.ts';
import { Why137Error } from '../lib/errors.ts';
import type { AgentPod } from './agent-pod.ts';
import { type Failure, KubectlError } from './failure.ts';

const rule = (resource: string, verbs: string): string => `{apiGroups: [""], resources: [${resource}], verbs: [${verbs}]}`;

/** Why an agent could not be asked, and what would cure it; the same words for the same reason on every node. */
export function agentWords({ kind, said }: Failure, { namespace, port, scheme, ready }: AgentPod, timeoutMs: number): string {
  switch (kind) {
    case 'forbidden':
      return said.includes('pods/proxy')
        ? `you may not use the API server's proxy to pods in namespace ${namespace}; this rule there allows it: ${rule('pods/proxy', 'get')} (docs/kubectl.md)`
        : `the agent, or something before it, refuses to answer through the API server's proxy (HTTP 403)`;
    case 'unauthorized':
      return 'the agent asks for a token (HTTP 401), and takes none that it was given: --agent-token-file names a file with one (docs/kubectl.md)';
    case 'timeout':
      return `no answer within ${sayDuration(timeoutMs)} (--timeout)${ready ? '' : "; the agent's pod is not ready"}`;
    case 'pod-gone':
      return "the agent's pod went away meanwhile; ask again";
    case 'pod-unreachable':
      return unreachable(said, port, ready);
    case 'not-found':
      return `what answers at port ${String(port)} of the pod is not a why137 agent of this version (HTTP 404)`;
    case 'bad-request':
      return `what answers at port ${String(port)} of the pod does not understand the question (HTTP 400): it speaks ${scheme === 'http' ? 'TLS (--agent-scheme https)' : 'no TLS (--agent-scheme http)'}, or is not a why137 agent of this version`;
    default:
      return said === '' ? 'kubectl failed without a word' : said;
  }
}

/** What the API server's proxy says when it does not get through to the pod. */
function unreachable(said: string, port: number, ready: boolean): string {
  const notReady = ready ? '' : " The agent's pod is not ready.";
  if (said.includes('connection refused')) {
    return `nothing listens at port ${String(port)} of the agent's pod: its --listen names a loopback address or another port (--agent-port).${notReady}`;
  }
  if (/timeout|deadline|no route|unreachable/.test(said)) {
    return `the API server does not reach the agent's pod (${said}): a NetworkPolicy or a firewall between control plane and nodes may be in the way.${notReady}`;
  }
  if (said.includes('HTTP response to HTTPS client')) return 'the agent speaks no TLS (--agent-scheme http)';
  if (/malformed HTTP|EOF|connection reset|tls:|x509/i.test(said)) {
    return `the connection was cut before an answer (${said}): the agent may speak TLS (--agent-scheme https), or want a client certificate, which the API server's proxy has not.${notReady}`;
  }
  return `the API server does not reach the agent's pod: ${said}.${notReady}`;
}

/** The error of a request to the API server itself, with what was wanted. */
export function clusterError(error: unknown, wanted: string, cure: string): unknown {
  if (!(error instanceof KubectlError)) return error;
  const { kind, said } = error.failure;
  switch (kind) {
    case 'no-kubectl':
      return new Why137Error('W137_CLUSTER', `kubectl cannot be run (${said}). Put it on the PATH, or name it by KUBECTL in the environment.`);
    case 'forbidden':
      return new Why137Error('W137_CLUSTER', `You may not ${wanted}: ${said}. ${cure}`);
    case 'unauthorized':
      return new Why137Error('W137_CLUSTER', `The cluster does not know you (${said}): log in, or choose another --context or --user.`);
    default:
      return new Why137Error('W137_CLUSTER', `kubectl could not ${wanted}: ${said || 'no answer'}.`);
  }
}

export const LIST_PODS_CURE = `Name where the agents are by --agent-namespace, or have this rule there: ${rule('pods', 'get, list')} (docs/kubectl.md).`;
