import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { inCluster } from '../../../src/outputs/events/in-cluster.ts';
import { why137 } from '../../commands/run-why137.ts';

const dir = mkdtempSync(join(tmpdir(), 'why137-account-'));
afterAll(() => { rmSync(dir, { recursive: true }); });

it('is found by what kubelet gives a pod', async () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  expect(() => inCluster(env, dir)).toThrow(/token cannot be read/);
  writeFileSync(join(dir, 'token'), 'one\n');
  writeFileSync(join(dir, 'ca.crt'), 'certificate');
  const server = inCluster(env, dir);
  expect(server).toMatchObject({ host: 'fd00::1', port: 6443, url: 'https://[fd00::1]:6443' });
  expect(await server.credentials()).toEqual({ token: 'one', ca: 'certificate' });
  writeFileSync(join(dir, 'token'), 'two\n');
  expect((await server.credentials()).token).toBe('two');
});

it.each([
  ['nothing', {}, 'off'],
  ['the environment', { WHY137_KUBERNETES_EVENTS: 'on' }, 'on'],
])('is %s by default and by the environment', (_what, env, given) => {
  expect(loadConfig({}, env).kubernetesEvents).toBe(given);
});

it('refuses another value', () => {
  expect(() => loadConfig({ kubernetesEvents: 'yes' }, {})).toThrow('--kubernetes-events cannot be "yes": give on or off.');
});

it.each([
  ['outside a cluster', ['--kubernetes-events'], { KUBERNETES_SERVICE_HOST: '' }, /KUBERNETES_SERVICE_HOST is not set/],
  ['without a token', ['--kubernetes-events', 'on'], { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, /serviceaccount\/token cannot be read\. Set automountServiceAccountToken/],
])('the agent ends at once %s', async (_what, args, env, said) => {
  const ran = await why137(['agent', '--listen', '127.0.0.1:0', '--state-dir', join(dir, 'state'), ...args], { env });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(said);
});
