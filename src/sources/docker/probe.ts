import type { Host } from '../../host/host.ts';
import { errno } from '../../lib/thrown.ts';
import { RPC_STATUS, hasStatus } from '../grpc/rpc-error.ts';
import { getWhole } from './http-get.ts';

const PATIENCE_MS = 1_000;
const MAX_BYTES = 64 * 1024;

/** Whether Docker Engine's API is spoken on a socket of the host; null where nobody answers. */
export async function speaksDocker(host: Host, socket: string): Promise<boolean | null> {
  const { signal } = new AbortController();
  try {
    const { status, headers } = await getWhole({ socket: host.path(socket), path: '/_ping', clock: host.clock, timeoutMs: PATIENCE_MS, signal, agent: false }, MAX_BYTES);
    return status === 200 && headers['api-version'] !== undefined;
  } catch (error) {
    // gRPC's first frame is no HTTP/1.1, or it hangs up on what it does not understand.
    return hasStatus(error, RPC_STATUS.UNIMPLEMENTED) || errno(error) === 'ECONNRESET' ? false : null;
  }
}
