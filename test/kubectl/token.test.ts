import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPEN } from '../../src/outputs/http/security.ts';
import { serve } from '../outputs/http/serve.ts';
import { verdict } from '../store/samples.ts';
import { startCluster } from './cluster.ts';
import { inside, PATIENCE_MS, plugin, REAL } from './kubectls.ts';

const dir = mkdtempSync(join(tmpdir(), 'why137-token-'));
const [good, wrong] = [join(dir, 'good'), join(dir, 'wrong')];
writeFileSync(good, 'agents-0123456789abcdef\n');
writeFileSync(wrong, 'others-0123456789abcdef\n');
afterAll(() => {
  rmSync(dir, { recursive: true });
});

async function protectedCluster(file = good) {
  const agent = await serve({ security: { ...OPEN, tokenFile: file } });
  agent.store.putVerdict(verdict('v1'));
  const cluster = await startCluster({ agents: [{ node: 'node1', url: agent.url }] });
  return { cluster, close: () => Promise.all([cluster.close(), agent.http.close()]) };
}

describe.skipIf(REAL === null)('a token, through a real kubectl', () => {
  const kubectl = REAL ?? '';
  const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('kubectl-why137-'));

  it('reaches the agents, and leaves nothing behind', { timeout: PATIENCE_MS }, async () => {
    const { cluster, close } = await protectedCluster();
    const before = left();
    expect(await plugin(kubectl, cluster, ['-A', '--agent-token-file', good])).toMatchObject({ code: 0, stderr: '' });
    expect(await plugin(kubectl, cluster, ['pod', 'cart-7d9f'], { WHY137_TOKEN_FILE: good })).toMatchObject({ code: 0 });
    // Of all namespaces, the token goes only where agents belong.
    expect(cluster.requests.filter(({ path }) => path.startsWith('/api/v1/pods'))).toEqual([]);
    expect(left()).toEqual(before);
    await close();
  });

  it('that is wrong, or none, is said to be', { timeout: PATIENCE_MS }, async () => {
    const { cluster, close } = await protectedCluster();
    for (const args of [['-A', '--agent-token-file', wrong], ['-A']]) {
      const { code, stderr } = await plugin(kubectl, cluster, args);
      expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([1, expect.stringContaining('asks for a token (HTTP 401)')]);
    }
    await close();
  });
});

it('says which token file cannot be used, before anybody is asked', async () => {
  const { cluster, close } = await protectedCluster();
  const { code, stderr } = await inside(cluster, ['-A', '--agent-token-file', join(dir, 'absent')]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/token file .*absent cannot be read/)]);
  expect(cluster.requests).toEqual([]);
  await close();
});
