import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, freshId, MIB, startNode, whyNoNode, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;
const NOBODY = 65_534;

/** Processes that a process has started, by name. */
function childrenOf(pid: number, name: string): number[] {
  return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .filter((child) => existsSync(`/proc/${String(child)}/comm`) && readFileSync(`/proc/${String(child)}/comm`, 'utf8').trim() === name);
}

describe.skipIf(whyNoNode() !== null)('an agent and its journal', () => {
  let node: TestNode;
  let dir: string;
  let runtime: string[];

  beforeAll(async () => {
    node = await startNode();
    dir = mkdtempSync(join(tmpdir(), 'w137-journals-'));
    runtime = ['--runtime-endpoint', `unix://${node.containerd.socket}`, '--kmsg', 'off', '--kernel-log-file', 'none'];
  });
  afterAll(async () => {
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const eats = async (name: string): Promise<string> => {
    const id = freshId(name);
    await node.containerd.run(id, EAT, { memoryLimitBytes: LIMIT });
    return id;
  };
  const eventsOf = (agent: TestAgent, source: string): string[] => agent.logs().filter((line) => line['why137.source'] === source).map(({ event }) => event);

  it('says that journalctl was killed, reads on, and is certain again without kmsg', async () => {
    const agent = await startAgent(runtime);
    await agent.sourceIsUp('journal');
    await sayUntil('journalctl follows', () => childrenOf(agent.pid, 'journalctl').length > 0);
    for (const pid of childrenOf(agent.pid, 'journalctl')) process.kill(pid, 'SIGKILL');
    // It is killed while journalctl is away.
    const id = await eats('unread');
    expect(await agent.verdictOf(id, ({ cause }) => cause === 'container-limit-oom')).toMatchObject({ confidence: 'certain', victimRole: 'pid1' });
    await agent.sourceIsUp('journal');
    // What journald itself has lost of this machine's log before is told, too.
    expect(eventsOf(agent, 'journal').filter((event) => event !== 'source.gap')).toEqual(['source.up', 'source.down', 'source.up']);
    await agent.stop();
  });

  it('says that containerd went, and judges what ends when it is back', async () => {
    const agent = await startAgent(runtime);
    for (const name of ['journal', 'containerd', 'cri']) await agent.sourceIsUp(name);
    await node.containerd.kill();
    await sayUntil('containerd is said to be down', () => eventsOf(agent, 'containerd').includes('source.down'));
    await node.containerd.start();
    await sayUntil('containerd is up again', () => eventsOf(agent, 'containerd').join().endsWith('source.up'));
    expect(await agent.verdictOf(await eats('after-restart'))).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    await agent.stop();
  });

  it('reads a directory of journal files as given', async () => {
    const id = await eats('copied');
    const copies = join(dir, 'copied');
    mkdirSync(copies);
    const machine = readFileSync('/etc/machine-id', 'utf8').trim();
    await sayUntil('the journal has it', () => {
      const found = ['/run/log/journal', '/var/log/journal'].map((base) => join(base, machine)).filter((path) => existsSync(path));
      for (const from of found) for (const file of readdirSync(from)) if (file.endsWith('.journal')) copyFileSync(join(from, file), join(copies, file));
      try {
        return execFileSync('journalctl', ['-D', copies, '-o', 'cat', '-g', `task_memcg=/k8s.io/${id}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).includes(id);
      } catch {
        return false;
      }
    });
    const agent = await startAgent([...runtime, '--journal-dir', copies]);
    expect(await agent.verdictOf(id, ({ final }) => final)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1' });
    await agent.stop();
  });

  it('says who may read the journal where the agent may not, and is blind, not wrong', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'w137-state-'));
    chownSync(stateDir, NOBODY, NOBODY);
    const wrapper = ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups'];
    // Everybody may ask this containerd, so that only the journal is missing.
    chmodSync(node.containerd.directory, 0o755);
    chmodSync(node.containerd.socket, 0o666);
    const agent = await startAgent(runtime, { stateDir, wrapper });
    await agent.sourceIsUp('containerd');
    await sayUntil('the journal is said to be down', async () => (await agent.sources()).sources.some(({ name, up, cure }) => name === 'journal' && !up && cure !== null));
    const journal = (await agent.sources()).sources.find(({ name }) => name === 'journal');
    expect(journal).toMatchObject({ up: false, detail: expect.stringContaining('may not read') as unknown, cure: expect.stringMatching(/root|systemd-journal/) as unknown });
    const id = await eats('unreadable');
    const verdict = await agent.verdictOf(id);
    // Not final: the journal may be had yet. The kernel's count in the container's own cgroup says as much, where it can be read.
    expect(verdict).toMatchObject({ confidence: 'possible', final: false });
    expect(['unknown', 'container-limit-oom']).toContain(verdict.cause);
    expect(verdict.blindSpots.map(({ source }) => source)).toContain('journal');
    expect(agent.logs().filter((line) => line['why137.source'] === 'journal').map((line) => [line.event, typeof line['why137.source.cure']])).toEqual([['source.down', 'string']]);
    await agent.stop();
  });
});
