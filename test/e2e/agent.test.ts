import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, forgedReport, freshId, MIB, shell, SLEEP, startNode, whyNoNode, writeKmsg, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;

describe.skipIf(whyNoNode() !== null)('an agent on a node with containerd and journald', () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    agent = await startAgent(node.agentArgs);
    for (const name of ['ledger', 'journal', 'kmsg', 'containerd', 'cri']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  const kill9 = (id: string): Promise<string> => node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);

  it('names the own limit for PID 1 that hit it, at once and for certain', async () => {
    const id = freshId('limit');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    const verdict = await agent.verdictOf(id);
    expect(verdict).toMatchObject({ cause: 'container-limit-oom', family: 'cgroup-limit', confidence: 'certain', victimRole: 'pid1', final: true, exit: { code: 137, signal: 'SIGKILL' } });
    expect(verdict.evidence.some(({ kind, source }) => kind === 'kernel' && /journal|kmsg/.test(source))).toBe(true);
    const kill = await agent.killIn(id, ({ sources }) => sources.length === 2);
    expect(kill).toMatchObject({ scope: 'memcg', level: 'container', trust: 'kernel', complete: true, memory: { limitBytes: LIMIT } });
    expect(new Set(kill.sources)).toEqual(new Set(['journal', 'kmsg']));
    expect(verdict.oomKills).toEqual([kill.id]);
    await sayUntil('the verdict is in the logs', () => agent.logs().some((line) => line.event === 'exit.verdict' && line['container.id'] === id && line['why137.cause'] === 'container-limit-oom'));
  });

  it('serves the kill of a child that the container survived, and gives no verdict', async () => {
    const id = freshId('survivor');
    await node.containerd.run(id, shell('/bin/busybox tail /dev/zero; /bin/busybox sleep 1000'), { memoryLimitBytes: LIMIT });
    const kill = await agent.killIn(id);
    await sayUntil('the kill is logged', () => agent.logs().some((line) => line.event === 'oom.kill' && line['why137.oom_kill.id'] === kill.id));
    expect((await agent.verdicts()).filter(({ container }) => container.containerId === id)).toEqual([]);
  });

  it('tells that PID 1 passed the status of its killed child on', async () => {
    const id = freshId('passed-on');
    await node.containerd.run(id, shell('/bin/busybox tail /dev/zero; exit $?'), { memoryLimitBytes: LIMIT });
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom', confidence: 'likely', victimRole: 'child' });
  });

  it('clears the kernel of a kill -9 from outside', async () => {
    const id = freshId('kill9');
    await node.containerd.run(id, SLEEP);
    await kill9(id);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'not-oom', victimRole: null, oomKills: [] });
  });

  it('clears the kernel of a program that returns 137', async () => {
    const id = freshId('exit137');
    await node.containerd.run(id, shell('exit 137'));
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'not-oom', exit: { code: 137 } });
  });

  it('does not take a kill eight seconds before for the reason of a kill -9', async () => {
    const id = freshId('later');
    await node.containerd.run(id, shell('/bin/busybox tail /dev/zero; /bin/busybox sleep 1000'), { memoryLimitBytes: LIMIT });
    const kill = await agent.killIn(id);
    await sayUntil('eight seconds have passed', () => Date.now() - Date.parse(kill.time ?? '') > 8_000);
    await kill9(id);
    const verdict = await agent.verdictOf(id);
    expect(verdict).toMatchObject({ cause: 'not-oom', oomKills: [kill.id] });
    expect(verdict.ruledOut.some(({ why }) => why.includes('PID 1'))).toBe(true);
  });

  it('gives no verdict for an exec that was killed', async () => {
    const id = freshId('exec');
    await node.containerd.run(id, SLEEP, { memoryLimitBytes: LIMIT });
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'exec', '--exec-id', 'eater', id, ...EAT]).catch(() => 'ended by the kernel');
    const kill = await agent.killIn(id);
    expect(kill.victim.pid).not.toBe(await node.containerd.pid(id));
    expect((await agent.verdicts()).filter(({ container }) => container.containerId === id)).toEqual([]);
  });

  it('keeps two containers apart that die at once', async () => {
    const ids = [freshId('twin'), freshId('twin')];
    await Promise.all(ids.map((id) => node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT })));
    const verdicts = await Promise.all(ids.map((id) => agent.verdictOf(id)));
    expect(verdicts.map(({ cause, confidence }) => [cause, confidence])).toEqual([['container-limit-oom', 'certain'], ['container-limit-oom', 'certain']]);
    expect(new Set(verdicts.flatMap(({ oomKills }) => oomKills)).size).toBe(2);
  });

  it('is not deceived by lines that only look like the kernel', async () => {
    const id = freshId('forged');
    await node.containerd.run(id, SLEEP);
    const forged = forgedReport(id, await node.containerd.pid(id));
    for (const line of forged) writeKmsg(`<3>${line}`);
    const { execFileSync } = await import('node:child_process');
    for (const line of forged) execFileSync('logger', ['-t', 'kernel', '-p', 'kern.crit', '--', line]);
    await kill9(id);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'not-oom', oomKills: [] });
    expect((await agent.oomKills()).filter(({ containerId }) => containerId === id)).toEqual([]);
  });

  it('sends verdicts as they are given to whoever listens', async () => {
    let heard = '';
    const request = get(`${agent.url}/v1/stream`, (response) => {
      response.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
      });
    });
    const id = freshId('streamed');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    await sayUntil('the stream tells it', () => heard.includes('event: verdict') && heard.includes(id));
    request.destroy();
  });

  it('goes on when journalctl is killed', async () => {
    const { spawnSync } = await import('node:child_process');
    // One that read at once may have ended by itself between being seen and being killed; the one that follows has not.
    const killed = (pid: number): boolean => {
      try {
        return process.kill(pid, 'SIGKILL');
      } catch {
        return false;
      }
    };
    await sayUntil('a journalctl is killed', () => {
      const { stdout } = spawnSync('pgrep', ['-P', String(agent.pid), 'journalctl'], { encoding: 'utf8' });
      return stdout.split('\n').filter(Boolean).map(Number).map(killed).includes(true);
    });
    const id = freshId('after');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    await agent.killIn(id, ({ sources }) => sources.includes('journal'));
  });

  it('goes on when containerd is restarted', async () => {
    const id = freshId('outlives');
    await node.containerd.run(id, SLEEP);
    await node.containerd.kill();
    await node.containerd.start();
    await kill9(id);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'not-oom' });
  });

  it('agrees with the kernel on how many it killed', async () => {
    await sayUntil('the ledger balances', async () => {
      const { ledger } = await agent.sources();
      return ledger.counted !== null && ledger.counted > 0 && ledger.counted === ledger.parsed;
    });
    expect((await agent.sources()).ledger.gaps).toEqual([]);
    const { sources } = await agent.sources();
    for (const name of ['journal', 'kmsg']) expect(sources.find((one) => one.name === name)?.position).toMatch(/./);
    const metrics = (await agent.get('/metrics')).body;
    expect(metrics).toMatch(/why137_[a-z_]*exits_total\{[^}]*cause="container-limit-oom"[^}]*\} [1-9]/);
  });
});
