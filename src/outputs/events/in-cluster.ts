import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Why137Error } from '../../lib/errors.ts';

/** Where kubelet puts a pod's own credentials: a path of this container, not of the host's root. */
export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface Credentials {
  readonly token: string;
  readonly ca: string;
}

export interface ApiServer {
  readonly host: string;
  readonly port: number;
  /** For people. */
  readonly url: string;
  /** Read at every request: kubelet renews the token about every hour, and the CA bundle may change. */
  readonly credentials: () => Promise<Credentials>;
}

/**
 * The API server as a pod finds it.
 * @throws {Why137Error} W137_KUBERNETES outside a cluster, or without a service account's token.
 */
export function inCluster(env: Readonly<Record<string, string | undefined>>, dir = SERVICE_ACCOUNT_DIR): ApiServer {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = Number(env['KUBERNETES_SERVICE_PORT'] ?? '443');
  if (host === '' || !Number.isInteger(port)) {
    throw new Why137Error('W137_KUBERNETES', '--kubernetes-events needs a pod of a cluster: KUBERNETES_SERVICE_HOST is not set. Leave the option off outside a cluster.');
  }
  const [tokenFile, caFile] = [join(dir, 'token'), join(dir, 'ca.crt')];
  for (const file of [tokenFile, caFile]) {
    try {
      accessSync(file, constants.R_OK);
    } catch (cause) {
      throw new Why137Error('W137_KUBERNETES', `--kubernetes-events needs the service account's credentials: ${file} cannot be read. Set automountServiceAccountToken: true on the pod, or leave the option off.`, { cause });
    }
  }
  return {
    host,
    port,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
    async credentials() {
      const [token, ca] = await Promise.all([readFile(tokenFile, 'utf8'), readFile(caFile, 'utf8')]);
      return { token: token.trim(), ca };
    },
  };
}
