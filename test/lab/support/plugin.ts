import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cache, repository } from './cache.ts';
import type { Cluster } from './cluster.ts';

export interface Answer {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** `kubectl why137 …` as somebody types it who has the plugin on the PATH and a kubeconfig of the guest's cluster. */
export async function kubectlWhy137(cluster: Cluster, args: readonly string[]): Promise<Answer> {
  const dir = join(cache, 'path');
  mkdirSync(dir, { recursive: true });
  rmSync(join(dir, 'kubectl-why137'), { force: true });
  symlinkSync(join(repository, 'dist/kubectl-why137.cjs'), join(dir, 'kubectl-why137'));
  const { exitCode, stdout, stderr } = await execa('kubectl', ['why137', ...args, '--timeout', '3m'], {
    env: { KUBECONFIG: cluster.kubeconfig, PATH: `${dir}:${process.env['PATH'] ?? ''}` },
    reject: false,
    timeout: 300_000,
  });
  return { status: exitCode ?? -1, out: stdout, err: stderr };
}
