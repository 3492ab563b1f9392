import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { freshId, MIB, shell, startNode, whyNoNode, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;
/** Lives until it is told to go on. */
const waiting = (then: string): readonly string[] => shell(`trap 'go=1' USR1; until [ "$go" ]; do /bin/busybox usleep 20000; done; ${then}`);

describe.skipIf(whyNoNode() !== null)("what a real kernel counts in a container's cgroup, where no log of it is read", () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    agent = await startAgent(['--runtime-endpoint', `unix://${node.containerd.socket}`, '--kernel-log-file', 'none', '--journal', 'off', '--kmsg', 'off']);
    for (const name of ['ledger', 'cgroups', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  /** Starts containers that wait, and has them go on, one after the other, once the agent knows them. */
  async function run(...all: readonly (readonly [name: string, then: string, limit?: number])[]): Promise<string[]> {
    const ids: string[] = [];
    for (const [name, then, memoryLimitBytes] of all) {
      const id = freshId(name);
      await node.containerd.run(id, waiting(then), { memoryLimitBytes: memoryLimitBytes ?? 256 * MIB });
      ids.push(id);
    }
    await sayUntil('the agent has read their cgroups', async () => ((await agent.sources()).sources.find(({ name }) => name === 'cgroups')?.records ?? 0) >= all.length);
    for (const id of ids) {
      process.kill(await node.containerd.pid(id), 'SIGUSR1');
      await agent.verdictOf(id);
    }
    return ids;
  }

  it('a kill at the limit of its own, and none in another that ends with 137 just then', async () => {
    const [eater = '', other = ''] = await run(['eater', 'exec /bin/busybox tail /dev/zero', LIMIT], ['other', 'exit 137']);
    const killed = await agent.verdictOf(eater, ({ final, rule }) => final || rule === 'cgroup-counted');
    console.log(`${killed.summary} (${killed.confidence})`);
    expect(killed).toMatchObject({ rule: 'cgroup-counted', cause: 'container-limit-oom', victimRole: null, exit: { code: 137 } });
    // cgroup v1 counts how often the limit was met, reclaimed or not.
    expect(killed.confidence).toBe(killed.summary.includes('reclaim may have helped') ? 'possible' : 'likely');
    expect(killed.evidence.find(({ kind }) => kind === 'cgroup')).toMatchObject({ source: 'cgroups', weight: 'decisive' });
    const spared = await agent.verdictOf(other, ({ cause }) => cause === 'not-oom');
    expect(spared).toMatchObject({ rule: 'cgroup-unchanged', exit: { code: 137 } });
    console.log(`${spared.summary} (${spared.confidence})`);
  });

  it("a child's kill, and an end by a status of its own", async () => {
    const [id = ''] = await run(['parent', '/bin/busybox tail /dev/zero; exit 3', LIMIT]);
    const verdict = await agent.verdictOf(id, ({ evidence }) => evidence.some(({ kind }) => kind === 'cgroup'));
    expect(verdict).toMatchObject({ cause: 'program', exit: { code: 3 } });
    expect(verdict.evidence.find(({ kind }) => kind === 'cgroup')?.text).toMatch(/^the kernel counted 1 OOM kill in its cgroup/);
  });
});
