import { lacksDescriptor } from '../../lib/no-descriptor.ts';
import { sayThrown } from '../../lib/thrown.ts';

/** gRPC status codes that are told apart (https://grpc.io/docs/guides/status-codes/). */
export const RPC_STATUS = {
  CANCELLED: 1,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** A call that was not answered, with the status of gRPC. */
export class RpcError extends Error {
  readonly status: number;

  constructor(status: number, details: string, options?: ErrorOptions) {
    super(details, options);
    this.name = 'RpcError';
    this.status = status;
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof RpcError && error.status === status;
}

export interface Trouble {
  readonly why: string;
  readonly cure: string | null;
}

/**
 * Says in one sentence why a runtime's socket does not serve, and the one change that would mend it.
 * @param service what was asked of the socket, as people call it: `the CRI`, `containerd's events`
 */
export function explainRpc(error: unknown, socket: string, service: string): Trouble {
  const text = sayThrown(error);
  if (text.includes('ENOENT')) {
    return {
      why: `${socket} does not exist`,
      cure: "mount the runtime's socket into the agent, or name the right one with --runtime-endpoint",
    };
  }
  if (/EACCES|EPERM/.test(text)) {
    return { why: `${socket} may not be opened by this user`, cure: 'run the agent as root, or as a member of the group that owns the socket' };
  }
  if (lacksDescriptor(error)) {
    return { why: `${socket} cannot be opened: no file descriptor is left (EMFILE)`, cure: 'raise the limit of open files of the agent (ulimit -n, LimitNOFILE=)' };
  }
  if (text.includes('ECONNREFUSED')) {
    return { why: `nobody listens on ${socket}`, cure: 'start the container runtime' };
  }
  if (hasStatus(error, RPC_STATUS.DEADLINE_EXCEEDED)) {
    return { why: `${socket} accepts connections but does not answer`, cure: 'the container runtime hangs: see its log, and restart it' };
  }
  if (hasStatus(error, RPC_STATUS.UNIMPLEMENTED)) {
    return {
      why: `${socket} does not serve ${service}`,
      cure: service === 'the CRI' ? 'remove "cri" from disabled_plugins in containerd\'s config.toml, or name another --runtime-endpoint' : null,
    };
  }
  return { why: `${socket} failed: ${oneLine(text)}`, cure: null };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
