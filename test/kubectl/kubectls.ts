import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { inject } from 'vitest';
import { failureOf, KubectlError } from '../../src/kubectl/failure.ts';
import type { Kubectl } from '../../src/kubectl/kubectl.ts';
import { runPlugin } from '../../src/kubectl/program.ts';
import { run, type Ran } from '../commands/run-why137.ts';
import type { Cluster } from './cluster.ts';
import { said } from './kubectl-words.cjs';

export const FAKE = join(import.meta.dirname, 'fake-kubectl.cjs');

/** The kubectl of this machine; null where there is none. */
export const REAL = ((): string | null => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return 'kubectl';
  } catch {
    console.log('No kubectl is installed (Debian: kubernetes-client): the tests with a real one are skipped.');
    return null;
  }
})();

/** For a plugin that starts many processes on a busy machine. */
export const PATIENCE_MS = 60_000;

/** Runs the built plugin as a program against a cluster, with the given kubectl. */
export function plugin(kubectl: string, cluster: Cluster, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { KUBECTL: kubectl, KUBECONFIG: cluster.kubeconfig, TZ: 'UTC', ...more };
  return run(process.execPath, [inject('kubectlWhy137'), ...args, '--timeout', '50s'], { env, timeoutMs: PATIENCE_MS });
}

/** Runs the plugin inside the test: its kubectl asks by itself and fails in kubectl's words, without a process. */
export async function inside(cluster: Cluster, args: readonly string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await runPlugin(args, {
    kubectl: () => ({ get: (path, { signal } = {}) => get(`${cluster.url}${path}`, signal), namespace: () => Promise.resolve('shop') }) satisfies Kubectl,
    tokenDoor: () => Promise.reject(new Error('no token is given')),
    env: {},
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
    color: false,
    columns: null,
    timeZone: 'UTC',
    version: '9.9.9',
  });
  return { code, stdout, stderr };
}

function get(url: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode = 0, headers } = response;
        if (statusCode < 300) resolve(text);
        else reject(new KubectlError(failureOf(said(statusCode, headers['content-type'] === 'application/json' ? JSON.parse(text) : null))));
      });
    });
    asked.on('error', (error) => {
      reject(signal?.aborted === true ? new KubectlError({ kind: 'timeout', said: '' }) : error);
    });
    asked.end();
  });
}
