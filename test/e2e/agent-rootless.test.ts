import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, whyNoEngine, type Engine } from './support/engine.ts';
import { ensureJournald, noJournald, type Journald } from './support/journald.ts';
import { limitedCgroup, type LimitedCgroup } from './support/limited-cgroup.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { freshId, MIB, shell, SLEEP } from './support/small-node.ts';

const why = noJournald() ?? whyNoEngine('rootless podman');
if (why !== null) console.log(`skipped: ${why}`);
const LIMIT = 32 * MIB;
/** A user's containers have no cgroups of their own where the user may make none: the limit is that of the user's cgroup. */
const USER = freshId('user');

describe.skipIf(why !== null)("a user's own podman, without root", () => {
  let engine: Engine;
  let journald: Journald;
  let agent: TestAgent;
  let user: LimitedCgroup;

  beforeAll(async () => {
    journald = await ensureJournald();
    engine = await startEngine('rootless podman');
    user = limitedCgroup(USER, LIMIT);
    agent = await startAgent(['--runtime-endpoint', `unix://${engine.socket}`, '--kernel-log-file', 'none', '--lookback', '1h', '--settle', '1s']);
    for (const name of ['ledger', 'journal', 'kmsg', 'docker']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await engine.stop();
    await user.remove();
    await journald.stop();
  });

  const records = async (): Promise<number> => (await agent.sources()).sources.find(({ name }) => name === 'docker')?.records ?? 0;

  it('has its containers named, and their ends told apart', async () => {
    const [own, killed, asked] = await Promise.all([engine.run(['--name', 'own'], shell('exit 137')), engine.run([], SLEEP), engine.run([], SLEEP)]);
    process.kill(await engine.pid(killed), 'SIGKILL');
    await engine.cli('kill', asked);
    expect(await agent.verdictOf(own)).toMatchObject({ cause: 'not-oom', exit: { code: 137 }, container: { runtime: 'podman', containerName: 'own' } });
    expect(await agent.verdictOf(killed)).toMatchObject({ cause: 'not-oom', exit: { code: 137 } });
    expect(await agent.verdictOf(asked, ({ cause }) => cause === 'runtime-stop')).toMatchObject({ family: 'orchestrator' });
  });

  it("has an OOM kill at the limit of the user's cgroup joined by PID 1's pid", async () => {
    const seen = await records();
    const id = await engine.run(['--name', 'eater'], shell('trap "exec /bin/busybox tail /dev/zero" USR1; while :; do /bin/busybox usleep 50000; done'));
    const pid = await engine.pid(id);
    user.add(pid);
    // Until the agent has been told of its PID 1.
    await expect.poll(records, { timeout: 20_000 }).toBeGreaterThan(seen);
    process.kill(pid, 'SIGUSR1');
    const verdict = await agent.verdictOf(id);
    expect(verdict).toMatchObject({ cause: 'cgroup-limit-oom', family: 'cgroup-limit', confidence: 'certain', victimRole: 'pid1', exit: { code: 137 }, container: { containerName: 'eater' } });
    expect(verdict.summary).toContain(`whose is not known (the kernel met it at /${USER}`);
    const kills = (await agent.oomKills()).filter((kill) => verdict.oomKills.includes(kill.id));
    expect(kills).toMatchObject([{ victim: { pid: verdict.container.initPid } }]);
  });
});
