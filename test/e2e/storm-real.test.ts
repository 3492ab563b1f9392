import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { heldBy } from './support/figures.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { freshId, MIB, shell, startNode, whyNoNode, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const CONTAINERS = 6;
const KILLS_EACH = 40;

describe.skipIf(whyNoNode() !== null)('as many real kills as the machine can make', () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    agent = await startAgent(node.agentArgs);
    for (const name of ['ledger', 'journal', 'kmsg', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  it('every kill that the kernel counted is read, or said to be lost, and every exit has its answer', async () => {
    const begun = performance.now();
    const ids = Array.from({ length: CONTAINERS }, () => freshId('storm'));
    // Its children are killed one after the other; then it hits its limit itself.
    const eat = `i=0; while [ $i -lt ${KILLS_EACH} ]; do /bin/busybox tail /dev/zero; i=$((i+1)); done; exec /bin/busybox tail /dev/zero`;
    for (const id of ids) await node.containerd.run(id, shell(eat), { memoryLimitBytes: 8 * MIB });
    await sayUntil('every container has its answer', async () => {
      const answered = new Set((await agent.verdicts()).filter(({ family }) => family === 'cgroup-limit').map(({ container }) => container.containerId));
      return ids.every((id) => answered.has(id));
    }, 180_000);
    const seconds = (performance.now() - begun) / 1_000;
    let seen = (await agent.sources()).ledger;
    await sayUntil('count and log agree, or the log is said to have lost some', async () => {
      const { ledger, sources } = await agent.sources();
      seen = ledger;
      const counted = ledger.counted ?? 0;
      const told = ledger.gaps.length > 0 || sources.some(({ kind, gapCount }) => kind === 'kernel-log' && gapCount > 0);
      // PID 1 of a container may be taken before its time.
      return counted > CONTAINERS && (counted === ledger.parsed || told);
    }, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(seen)}`);
    });
    console.log(`real storm: ${String(seen.counted)} kills in ${seconds.toFixed(1)} s, ${seen.parsed} read, ${seen.gaps.length} gaps told; ${heldBy(agent.pid).residentMib.toFixed(0)} MiB resident`);
  }, 240_000);
});
