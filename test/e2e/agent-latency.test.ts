import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oomKillSchema } from '../../src/model/oom-kill.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, freshId, MIB, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

const LIMIT = 32 * MIB;
const KILLS = 20;
/** On a busy machine of two cores; the figure itself is printed, and measured by `npm run bench`. */
const ALLOWED_MS = 2_000;

describe.skipIf(whyNoNode() !== null)('how soon a verdict is given', () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    agent = await startAgent([...node.agentArgs, '--kmsg', 'off']);
    for (const name of ['journal', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  it(`after the later of exit and kernel line, over ${String(KILLS)} limit kills`, async () => {
    const delays: number[] = [];
    for (let i = 0; i < KILLS; i += 1) {
      const id = freshId('soon');
      await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
      const verdict = await agent.verdictOf(id);
      // Of many reports in a few seconds the kernel prints the kill lines only, which name no limit.
      expect(verdict).toMatchObject({ family: 'cgroup-limit', victimRole: 'pid1' });
      const kill = oomKillSchema.parse(JSON.parse((await agent.get(`/v1/oom-kills/${verdict.oomKills[0] ?? ''}`)).body));
      const line = agent.logs().find((one) => one.event === 'exit.verdict' && one['container.id'] === id);
      delays.push(Date.parse(line?.time ?? '') - Math.max(Date.parse(verdict.exit.finishedAt), Date.parse(kill.time ?? '')));
    }
    delays.sort((a, b) => a - b);
    const at = (share: number): number => delays[Math.ceil(share * KILLS) - 1] ?? Infinity;
    console.log(`verdict after ${at(0.5).toFixed(0)} ms (median), ${at(0.99).toFixed(0)} ms (p99) from the later of exit and kernel line`);
    expect(at(0.99)).toBeLessThan(ALLOWED_MS);
    const metrics = (await agent.get('/metrics')).body;
    expect(metrics).toMatch(new RegExp(`^why137_verdict_latency_seconds_count ${String(KILLS)}$`, 'm'));
    console.log(metrics.split('\n').filter((line) => line.startsWith('why137_verdict_latency_seconds_bucket')).map((line) => line.replace(/.*le="(.*?)"\} /, '≤$1 s: ')).join(', '));
  });
});
