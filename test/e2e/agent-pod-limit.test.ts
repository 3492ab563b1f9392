import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTestImage, runPod, type Pod } from './support/cri-pod.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, freshId, MIB, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

const LIMIT = 32 * MIB;

/** The pod's cgroup, whose limit kubelet sets to the sum of its containers' limits. */
function limitPod(uid: string, bytes: number): void {
  const pod = `kubepods/burstable/pod${uid}`;
  const files = [`/sys/fs/cgroup/memory/${pod}/memory.limit_in_bytes`, `/sys/fs/cgroup/${pod}/memory.max`];
  writeFileSync(files.find((file) => existsSync(file)) ?? '', String(bytes));
}

describe.skipIf(whyNoNode() !== null)("the limit of a pod's cgroup", () => {
  let node: TestNode;
  let agent: TestAgent;
  const pods: Pod[] = [];

  beforeAll(async () => {
    node = await startNode();
    await importTestImage(node.containerd);
    agent = await startAgent(node.agentArgs);
    for (const name of ['journal', 'containerd', 'cri']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    for (const pod of pods) await pod.stop();
    await node.stop();
  });

  async function podOf(uid: string): Promise<Pod> {
    const pod = await runPod(node.containerd, freshId('pod'), uid, 'shop');
    pods.push(pod);
    return pod;
  }

  it("is its sole container's own", async () => {
    const pod = await podOf('11111111-aaaa-4bbb-8ccc-000000000001');
    // The sandbox's few pages count, so that the pod is full before its container.
    limitPod(pod.uid, LIMIT);
    const id = await pod.runContainer({ name: 'sole', command: [...EAT], memoryLimitBytes: LIMIT });
    const verdict = await agent.verdictOf(id, ({ exit }) => exit.runtimeReason !== null);
    const kill = await agent.killIn(id);
    console.log(`the kernel met it at the level of the ${String(kill.level)}; the runtime says ${String(verdict.exit.runtimeReason)}`);
    expect(verdict).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1', container: { containerName: 'sole', podNamespace: 'shop' } });
    if (kill.level === 'pod') expect(verdict.summary).toContain("the kernel met it at the pod's cgroup, whose limit is this sole container's");
    expect(verdict.runtimeAgrees).toBe(verdict.exit.runtimeReason === 'OOMKilled');
  });

  it('is the pod\'s where two containers share it', async () => {
    const pod = await podOf('11111111-aaaa-4bbb-8ccc-000000000002');
    await pod.runContainer({ name: 'beside', command: [...SLEEP], memoryLimitBytes: 2 * LIMIT });
    limitPod(pod.uid, LIMIT);
    const id = await pod.runContainer({ name: 'eater', command: [...EAT], memoryLimitBytes: 2 * LIMIT });
    expect(await agent.verdictOf(id, ({ exit }) => exit.runtimeReason !== null)).toMatchObject({ cause: 'pod-limit-oom', confidence: 'certain', victimRole: 'pid1' });
    expect(await agent.killIn(id)).toMatchObject({ level: 'pod', podUid: pod.uid, limitCgroup: `/kubepods/burstable/pod${pod.uid}` });
  });
});
