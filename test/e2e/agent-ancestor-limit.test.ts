import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delegateMemory, limitedCgroup, type LimitedCgroup } from './support/limited-cgroup.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, freshId, MIB, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

const LIMIT = 32 * MIB;
/** A cgroup of the machine's own, neither a pod's nor Kubernetes': who set it has put containers below it. */
const SLICE = freshId('team');

describe.skipIf(whyNoNode() !== null)('the limit of a cgroup around containers that is neither a pod’s nor Kubernetes’', () => {
  let node: TestNode;
  let agent: TestAgent;
  let slice: LimitedCgroup;

  beforeAll(async () => {
    node = await startNode();
    slice = limitedCgroup(SLICE, LIMIT);
    delegateMemory(SLICE);
    agent = await startAgent(node.agentArgs);
    for (const name of ['journal', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
    await slice.remove();
  });

  async function run(name: string, args: readonly string[], more: readonly string[] = []): Promise<string> {
    const id = freshId(name);
    await node.containerd.ctr(['-n', 'k8s.io', 'run', '-d', '--cgroup', `/${SLICE}/${id}`, ...more, '--rootfs', join(node.containerd.directory, 'rootfs'), id, ...args]);
    return id;
  }

  it('is named, and is not what ended a container beside the one that was killed', async () => {
    const beside = await run('beside', SLEEP);
    const id = await run('eater', EAT, ['--memory-limit', String(4 * LIMIT)]);
    const verdict = await agent.verdictOf(id);
    expect(verdict).toMatchObject({ cause: 'ancestor-limit-oom', family: 'cgroup-limit', confidence: 'certain', victimRole: 'pid1', exit: { code: 137 } });
    expect(verdict.summary).toContain(`the cgroup /${SLICE} hit its memory limit`);
    expect(verdict.summary).toContain('of 32 MiB');
    // Nothing in such a path says which part of it is a container's: PID 1's pid does.
    const kills = await agent.oomKills();
    expect(kills.filter((kill) => verdict.oomKills.includes(kill.id))).toMatchObject([{ level: 'other', limitCgroup: `/${SLICE}`, victimCgroup: `/${SLICE}/${id}`, victim: { pid: verdict.container.initPid } }]);
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', beside]);
    expect((await agent.verdictOf(beside)).family).not.toBe('cgroup-limit');
  });

  it('is not the one that is hit where the container’s own is lower', async () => {
    const id = await run('small', EAT, ['--memory-limit', String(LIMIT / 2)]);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
  });
});
