import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTestImage, runPod, type Pod } from './support/cri-pod.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, freshId, MIB, shell, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;

/** Revisions of verdicts, and kills, that an agent logged. */
const told = (agent: TestAgent): string[] =>
  agent.logs().flatMap((line) => {
    if (line.event === 'exit.verdict') return [`${String(line['why137.verdict.id'])} revision ${String(line['why137.verdict.revision'])}`];
    return line.event === 'oom.kill' ? [String(line['why137.oom_kill.id'])] : [];
  });

describe.skipIf(whyNoNode() !== null)('an agent that is killed, or comes late, by the journal alone', () => {
  let node: TestNode;
  let args: readonly string[];

  beforeAll(async () => {
    node = await startNode();
    args = [...node.agentArgs, '--kmsg', 'off'];
  });
  afterAll(async () => {
    await node.stop();
  });

  const started = async (stateDir?: string): Promise<TestAgent> => {
    const agent = await startAgent(args, stateDir === undefined ? {} : { stateDir });
    for (const name of ['journal', 'containerd']) await agent.sourceIsUp(name);
    return agent;
  };

  it("joins PID 1's kill, told to one agent, to the exit that the next one hears", async () => {
    const before = await started();
    const id = freshId('between');
    await node.containerd.run(id, shell('while [ ! -e /eat ]; do /bin/busybox usleep 20000; done; exec /bin/busybox tail /dev/zero'), { memoryLimitBytes: LIMIT });
    const pid = await node.containerd.pid(id);
    // A shim that stands still tells no exit.
    const shim = Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
    process.kill(shim, 'SIGSTOP');
    let kill;
    try {
      writeFileSync(join(node.containerd.directory, 'rootfs/eat'), '');
      kill = await before.killIn(id);
      await before.noted(kill.id);
      await before.stop('SIGKILL');
    } finally {
      process.kill(shim, 'SIGCONT');
    }
    const after = await started(before.stateDir);
    const verdict = await after.verdictOf(id, ({ final }) => final);
    expect(verdict).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1', oomKills: [kill.id], container: { initPid: pid } });
    expect(verdict.evidence.some(({ kind, source }) => kind === 'kernel' && source === 'journal')).toBe(true);
    await after.stop();
    const both = [...told(before), ...told(after)];
    expect(both.filter((one, index) => both.indexOf(one) !== index)).toEqual([]);
  });

  it("joins a child's kill, told to one agent, to the exit that the next one hears", async () => {
    const before = await started();
    const id = freshId('child-between');
    await node.containerd.run(id, shell(`/bin/busybox tail /dev/zero; while [ ! -e /${id} ]; do /bin/busybox usleep 20000; done; exit 137`), { memoryLimitBytes: LIMIT });
    const kill = await before.killIn(id);
    await before.stop('SIGKILL');
    const after = await started(before.stateDir);
    writeFileSync(join(node.containerd.directory, 'rootfs', id), '');
    const verdict = await after.verdictOf(id, ({ final }) => final);
    const tookMs = Date.parse(verdict.exit.finishedAt) - Date.parse(kill.time ?? '');
    // After five seconds a child's death no longer explains the parent's end.
    expect(verdict).toMatchObject(tookMs <= 5_000 ? { cause: 'container-limit-oom', victimRole: 'child' } : { cause: 'not-oom', victimRole: null });
    expect(verdict.oomKills).toEqual([kill.id]);
    expect(verdict.confidence === 'certain' && verdict.cause !== 'not-oom').toBe(false);
    await after.stop();
  });

  it('keeps its answers over a clean restart and says none twice', async () => {
    const first = await started();
    const id = freshId('kept');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    const verdict = await first.verdictOf(id, ({ final }) => final);
    const { stateDir } = first;
    await first.stop('SIGINT');
    const second = await started(stateDir);
    expect(await second.verdictOf(id)).toMatchObject({ id: verdict.id, cause: verdict.cause, confidence: verdict.confidence, oomKills: verdict.oomKills });
    // Another exit is judged: what was caught up with has been judged before it.
    const next = freshId('next');
    await node.containerd.run(next, shell('exit 9'));
    await second.verdictOf(next);
    await second.stop();
    const again = told(first);
    expect(told(second).filter((one) => again.includes(one))).toEqual([]);
  });
});

describe.skipIf(whyNoNode() !== null)('an agent that is started after pods died', () => {
  let node: TestNode;
  let pod: Pod;

  beforeAll(async () => {
    node = await startNode();
    await importTestImage(node.containerd);
    pod = await runPod(node.containerd, freshId('late'), '7d5e7a3c-1111-2222-3333-444455556666', 'shop');
  });
  afterAll(async () => {
    await pod.stop();
    await node.stop();
  });

  it('catches up by the journal and the CRI: the limit kill, the survivor of a kill, and the kill -9', async () => {
    const limit = await pod.runContainer({ name: 'limit', command: [...EAT], memoryLimitBytes: LIMIT });
    const survivor = await pod.runContainer({ name: 'survivor', command: [...shell('/bin/busybox tail /dev/zero; /bin/busybox sleep 1000')], memoryLimitBytes: LIMIT });
    const killed = await pod.runContainer({ name: 'killed', command: [...SLEEP], memoryLimitBytes: LIMIT });
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', killed]);
    await sayUntil('both have ended', async () => {
      const tasks = await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'ls']);
      return [limit, killed].every((id) => !new RegExp(`^${id}\\s+\\d+\\s+RUNNING`, 'm').test(tasks));
    });
    const agent = await startAgent([...node.agentArgs, '--kmsg', 'off']);
    expect(await agent.verdictOf(limit, ({ final }) => final)).toMatchObject({ cause: 'container-limit-oom', container: { podNamespace: 'shop', containerName: 'limit' }, exit: { code: 137 } });
    expect(await agent.verdictOf(killed, ({ final }) => final)).toMatchObject({ cause: 'not-oom', container: { containerName: 'killed' } });
    expect(await agent.killIn(survivor)).toMatchObject({ trust: 'kernel', level: 'container', podUid: pod.uid });
    expect((await agent.verdicts()).filter(({ container }) => container.containerId === survivor)).toEqual([]);
    await agent.stop();
  });
});
