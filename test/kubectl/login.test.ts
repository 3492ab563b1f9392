import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { serve } from '../outputs/http/serve.ts';
import { verdict } from '../store/samples.ts';
import { startCluster } from './cluster.ts';
import { FAKE, PATIENCE_MS } from './kubectls.ts';

it('shows what a login plugin of kubectl asks, while it waits', { timeout: PATIENCE_MS }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'why137-login-'));
  const [kubectl, done] = [join(dir, 'kubectl'), join(dir, 'signed-in')];
  // The first kubectl that is to talk to the cluster asks for a login, and waits for it.
  writeFileSync(kubectl, `#!/bin/sh\nif [ "$1" = get ] && [ ! -e "${done}" ]; then\n  echo 'To sign in, open a browser' >&2\n  until [ -e "${done}" ]; do sleep 0.05; done\nfi\nexec "${process.execPath}" "${FAKE}" "$@"\n`);
  chmodSync(kubectl, 0o755);
  const agent = await serve();
  agent.store.putVerdict(verdict('v1'));
  const cluster = await startCluster({ agents: [{ node: 'node1', url: agent.url }] });
  const env = { ...process.env, KUBECTL: kubectl, KUBECONFIG: cluster.kubeconfig };
  const child = spawn(process.execPath, [inject('kubectlWhy137'), '-A', '--timeout', '50s'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (stderr.includes('To sign in')) writeFileSync(done, '');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'To sign in, open a browser\n' });
  expect(stdout).toContain('shop/cart-7d9f');
  await Promise.all([cluster.close(), agent.http.close()]);
  rmSync(dir, { recursive: true });
});
