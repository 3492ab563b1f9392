import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent } from './support/real-agent.ts';
import { EAT, forgedReport, freshId, MIB, shell, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';
import { noRsyslog, startRsyslog, type Rsyslog } from './support/rsyslog.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;
const whyNot = whyNoNode() ?? noRsyslog();

describe.skipIf(whyNot !== null)('an agent that sees a part of the node, or comes late', () => {
  let node: TestNode;
  let dir: string;
  let syslog: string;
  let rsyslog: Rsyslog;

  beforeAll(async () => {
    node = await startNode();
    dir = mkdtempSync(join(tmpdir(), 'w137-syslog-'));
    syslog = join(dir, 'syslog');
    rsyslog = await startRsyslog({ logFile: syslog });
  });
  afterAll(async () => {
    await rsyslog.stop();
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const kill9 = (id: string): Promise<string> => node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
  const runtime = (): string[] => ['--runtime-endpoint', `unix://${node.containerd.socket}`];
  const textOnly = (): string[] => [...runtime(), '--journal', 'off', '--kmsg', 'off', '--kernel-log-file', syslog];

  it('judges by a text log alone, which is likely at best', async () => {
    const agent = await startAgent(textOnly());
    await agent.sourceIsUp(syslog);
    await agent.sourceIsUp('containerd');
    const limit = freshId('text-limit');
    await node.containerd.run(limit, EAT, { memoryLimitBytes: LIMIT });
    expect(await agent.verdictOf(limit, ({ cause }) => cause !== 'unknown')).toMatchObject({ cause: 'container-limit-oom', victimRole: 'pid1' });
    expect(await agent.killIn(limit)).toMatchObject({ trust: 'text', sources: [syslog], level: 'container', memory: { limitBytes: LIMIT } });
    await agent.stop();
  });

  it('does not believe a line of a text log that the kernel did not count', async () => {
    const agent = await startAgent(textOnly());
    await agent.sourceIsUp(syslog);
    await agent.sourceIsUp('containerd');
    const id = freshId('text-forged');
    await sayUntil('a reading of the count is older than the container', async () => (await agent.sources()).ledger.since !== null);
    await node.containerd.run(id, SLEEP);
    const stamp = new Date().toString().slice(4, 24).replace(/ \d{4}/, '');
    const lines = forgedReport(id, await node.containerd.pid(id)).map((line) => `${stamp} node1 kernel: ${line}\n`);
    await appendFile(syslog, lines.join(''));
    await agent.killIn(id);
    await kill9(id);
    const verdict = await agent.verdictOf(id);
    expect(verdict).toMatchObject({ cause: 'not-oom', confidence: 'certain' });
    expect(verdict.evidence.some(({ text }) => text.includes('not believed'))).toBe(true);
    await agent.stop();
  });

  it('judges by /dev/kmsg alone', async () => {
    const agent = await startAgent([...runtime(), '--journal', 'off', '--kernel-log-file', 'none']);
    await agent.sourceIsUp('kmsg');
    await agent.sourceIsUp('containerd');
    const id = freshId('kmsg');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    await agent.stop();
  });

  it('takes the same kill of three sources for one', async () => {
    const agent = await startAgent([...runtime(), '--kernel-log-file', syslog, '--lookback', '1h']);
    for (const name of ['journal', 'kmsg', 'containerd', syslog]) await agent.sourceIsUp(name);
    const id = freshId('thrice');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    const kill = await agent.killIn(id, ({ sources }) => sources.length === 3);
    expect(new Set(kill.sources)).toEqual(new Set(['journal', 'kmsg', syslog]));
    expect((await agent.oomKills()).filter(({ containerId }) => containerId === id)).toHaveLength(1);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    await agent.stop();
  });

  it('catches up with what happened before it was started', async () => {
    const ids = { limit: freshId('past-limit'), killed: freshId('past-kill9') };
    await node.containerd.run(ids.limit, EAT, { memoryLimitBytes: LIMIT });
    await node.containerd.run(ids.killed, SLEEP);
    await kill9(ids.killed);
    await sayUntil('both are dead', async () => {
      const tasks = await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'ls']);
      return Object.values(ids).every((id) => new RegExp(`^${id}\\s+\\d+\\s+STOPPED`, 'm').test(tasks));
    });
    const agent = await startAgent(node.agentArgs);
    expect(await agent.verdictOf(ids.limit)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1' });
    expect(await agent.verdictOf(ids.killed, ({ final }) => final)).toMatchObject({ cause: 'not-oom' });
    await agent.stop();
  });

  it('joins a kill before its restart to an exit after it, and says nothing twice', async () => {
    const before = await startAgent(node.agentArgs);
    await before.sourceIsUp('journal');
    const told = freshId('told');
    await node.containerd.run(told, EAT, { memoryLimitBytes: LIMIT });
    const first = await before.verdictOf(told);
    const id = freshId('across');
    await node.containerd.run(id, shell('/bin/busybox tail /dev/zero; /bin/busybox sleep 2; exit 3'), { memoryLimitBytes: LIMIT });
    const kill = await before.killIn(id);
    for (const said of [first.id, kill.id]) await before.noted(said);
    await before.stop('SIGKILL');

    const after = await startAgent(node.agentArgs, { stateDir: before.stateDir });
    expect(await after.verdictOf(id)).toMatchObject({ cause: 'program', exit: { code: 3 }, oomKills: [kill.id] });
    await after.sourceIsUp('journal');
    expect(await after.verdictOf(told)).toMatchObject({ id: first.id, cause: first.cause });
    const again = after.logs().filter((line) => line.event === 'exit.verdict' && line['why137.verdict.id'] === first.id && line['why137.verdict.revision'] === first.revision);
    expect(again).toEqual([]);
    expect(after.logs().filter((line) => line.event === 'oom.kill' && line['why137.oom_kill.id'] === kill.id)).toEqual([]);
    await after.stop();
  });

  it('says what it is blind to, and how to cure it', async () => {
    const agent = await startAgent([...runtime(), '--journal-dir', join(dir, 'no-journal'), '--kmsg', 'off', '--kernel-log-file', join(dir, 'no-syslog')]);
    await agent.sourceIsUp('containerd');
    await sayUntil('the journal is said to be down', async () => (await agent.sources()).sources.some(({ name, up, cure }) => name === 'journal' && !up && cure !== null));
    const id = freshId('blind');
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    const verdict = await agent.verdictOf(id);
    // The kernel's count in the container's own cgroup says as much, where it can be read.
    expect([['unknown', 'possible'], ['container-limit-oom', 'possible']]).toContainEqual([verdict.cause, verdict.confidence]);
    expect(verdict.blindSpots.length).toBeGreaterThan(0);
    await agent.stop();
  });
});
