import { execFileSync } from 'node:child_process';
import { get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldBy, medianOf, slopeOf, type Held } from '../e2e/support/figures.ts';
import { startAgent, type TestAgent } from '../e2e/support/real-agent.ts';
import { EAT, freshId, MIB, shell, SLEEP, startNode, whyNoNode, type TestNode } from '../e2e/support/small-node.ts';

/** Two hours of a busy node, one end of a container every six seconds, take about twenty minutes where they follow at once. */
const MINUTES = Number(process.env['WHY137_SOAK_MINUTES'] ?? '20');
const SAMPLE_MS = Math.max(1_000, (MINUTES * 60_000) / 240);
/** Growth over the second half, of what is held at its middle, that is no growth. */
const LEVEL = 0.05;

describe.skipIf(whyNoNode() !== null)(`an agent under load for ${MINUTES} minutes`, () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    // Answers that are kept take memory until there are as many as may be: here, long before the middle.
    agent = await startAgent([...node.agentArgs, '--state-max-count', '100']);
    for (const name of ['ledger', 'journal', 'containerd', 'cri']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  /** One round of what happens on a node; every container of it ends, and is removed. */
  async function round(count: number): Promise<number> {
    const { containerd } = node;
    const ids = { limit: freshId('limit'), killed: freshId('killed'), code: freshId('code'), child: freshId('child') };
    await containerd.run(ids.limit, EAT, { memoryLimitBytes: 32 * MIB });
    await containerd.run(ids.killed, SLEEP);
    await containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', ids.killed]);
    await containerd.run(ids.code, shell('exit 3'));
    await containerd.run(ids.child, shell('/bin/busybox tail /dev/zero; exit $?'), { memoryLimitBytes: 32 * MIB });
    for (const path of ['/v1/exits?limit=100', '/v1/oom-kills', '/v1/sources', '/metrics', '/v1/explain?target=x']) await agent.get(path);
    // A reader of the stream that comes and goes.
    await new Promise<void>((resolve) => {
      const request = get(`${agent.url}/v1/stream`, (response) => {
        response.once('data', () => {
          request.destroy();
          resolve();
        });
      });
      request.on('error', () => undefined);
    });
    for (const id of Object.values(ids)) await agent.verdictOf(id);
    for (const id of Object.values(ids)) {
      await containerd.ctr(['-n', 'k8s.io', 'tasks', 'rm', '-f', id]).catch(() => undefined);
      await containerd.ctr(['-n', 'k8s.io', 'containers', 'rm', id]);
    }
    // Now and then a journalctl dies, and containerd is restarted.
    if (count % 10 === 5) for (const pid of execFileSync('sh', ['-c', `pgrep -P ${agent.pid} journalctl || true`], { encoding: 'utf8' }).split('\n').filter(Boolean)) kill(Number(pid));
    if (count % 25 === 20) {
      await containerd.kill();
      await containerd.start();
    }
    return Object.keys(ids).length;
  }

  it('holds no more at the end than in the middle', async () => {
    const samples: Held[] = [];
    const state = { over: false };
    const sampling = (async () => {
      while (!state.over) {
        samples.push(heldBy(agent.pid));
        await sleep(SAMPLE_MS);
      }
    })();
    const begun = performance.now();
    let ends = 0;
    for (let count = 0; performance.now() - begun < MINUTES * 60_000; count += 1) ends += await round(count);
    state.over = true;
    await sampling;
    const half = samples.slice(samples.length >> 1);
    const last = samples.at(-1);
    console.log(`soak: ${ends} ends of containers in ${((performance.now() - begun) / 60_000).toFixed(1)} minutes, ${samples.length} samples`);
    for (const what of ['residentMib', 'files', 'children'] as const) {
      const all = samples.map((sample) => sample[what]);
      const series = half.map((sample) => sample[what]);
      const [middle, slope] = [medianOf(series), slopeOf(series)];
      const grown = slope * series.length;
      console.log(`soak: ${what}: ${all[0]?.toFixed(1) ?? ''} at first, ${Math.max(...all).toFixed(1)} at most, ${last?.[what].toFixed(1) ?? ''} at last; in the second half ${middle.toFixed(1)}, and ${grown >= 0 ? '+' : ''}${grown.toFixed(2)} by its slope`);
      // All three are told, whichever of them fails.
      expect.soft(grown, what).toBeLessThanOrEqual(Math.max(LEVEL * middle, what === 'residentMib' ? 0 : 0.5));
    }
    const unanswered = (await agent.sources()).ledger;
    console.log(`soak: the kernel counted ${String(unanswered.counted)} kills, ${unanswered.parsed} were read`);
  }, MINUTES * 60_000 + 300_000);
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It had ended by itself.
  }
}
