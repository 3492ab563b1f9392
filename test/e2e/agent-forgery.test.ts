import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { noRsyslog, startRsyslog } from './support/rsyslog.ts';
import { EAT, forgedReport, freshId, MIB, SLEEP, startNode, whyNoNode, writeKmsg, type TestNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const LIMIT = 32 * MIB;
const DEV_LOG = '/run/systemd/journal/dev-log';

/** Everybody may write what looks like the kernel's words; only facility 0 from the kernel itself is the kernel's. */
describe.skipIf(whyNoNode() !== null)('forged kernel lines', () => {
  let node: TestNode;
  let agent: TestAgent;

  beforeAll(async () => {
    node = await startNode();
    agent = await startAgent(node.agentArgs);
    for (const name of ['journal', 'kmsg', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  const kill9 = (id: string): Promise<string> => node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
  const journalHas = (text: string): boolean => {
    try {
      return execFileSync('journalctl', ['--no-pager', '-o', 'json', '--since=-10min', '-g', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).includes(text);
    } catch {
      return false;
    }
  };

  it.each([
    // Written as facility 0, which the kernel does not take from programs.
    ['/dev/kmsg at the kernel\'s own facility', (line: string) => { writeKmsg(`<2>${line}\n`); }],
    ['/dev/kmsg', (line: string) => { writeKmsg(`<13>${line}\n`); }],
    ['logger -t kernel -p kern.crit', (line: string) => execFileSync('logger', ['-u', DEV_LOG, '-t', 'kernel', '-p', 'kern.crit', '--', line])],
    ['logger -t kernel', (line: string) => execFileSync('logger', ['-u', DEV_LOG, '-t', 'kernel', '--', line])],
    ['systemd-cat -t kernel', (line: string) => execFileSync('systemd-cat', ['-t', 'kernel', '-p', 'crit'], { input: line })],
  ])('through %s make no OOM kill, and kill -9 stays kill -9', async (_way, write) => {
    const id = freshId('forged');
    await node.containerd.run(id, SLEEP, { memoryLimitBytes: LIMIT });
    for (const line of forgedReport(id, await node.containerd.pid(id))) write(line);
    await sayUntil('journald has the forged lines', () => journalHas(`task_memcg=/k8s.io/${id}`));
    await kill9(id);
    const verdict = await agent.verdictOf(id, ({ final }) => final);
    expect(verdict).toMatchObject({ cause: 'not-oom', oomKills: [], victimRole: null });
    expect((await agent.oomKills()).filter(({ containerId, raw }) => containerId === id || raw.some((line) => line.includes(id)))).toEqual([]);
    expect(agent.logs().filter((line) => line.event === 'oom.kill' && line['container.id'] === id)).toEqual([]);
  });

  const noText = noRsyslog();
  it.skipIf(noText !== null || !existsSync('/dev/kmsg'))('through a text log are never certain, and not believed where the kernel counted no kill', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'w137-forged-'));
    const syslog = join(dir, 'syslog');
    const rsyslog = await startRsyslog({ logFile: syslog });
    try {
      const byText = await startAgent([...node.agentArgs.filter((arg) => arg !== '--kernel-log-file' && arg !== 'none'), '--journal', 'off', '--kmsg', 'off', '--kernel-log-file', syslog]);
      for (const name of [syslog, 'containerd']) await byText.sourceIsUp(name);
      const id = freshId('text');
      await node.containerd.run(id, SLEEP, { memoryLimitBytes: LIMIT });
      // rsyslog writes what comes by /dev/kmsg as `kernel:`, whoever wrote it.
      for (const line of forgedReport(id, await node.containerd.pid(id))) writeKmsg(`<2>${line}\n`);
      expect(await byText.killIn(id)).toMatchObject({ trust: 'text', sources: [syslog] });
      await kill9(id);
      expect(await byText.verdictOf(id, ({ cause }) => cause !== 'unknown')).toMatchObject({ cause: 'not-oom', victimRole: null });

      // The kernel counted a kill about then: the forged one cannot be told from a true one, but is not certain either.
      const other = freshId('text-beside');
      const eater = freshId('text-eater');
      await node.containerd.run(other, SLEEP, { memoryLimitBytes: LIMIT });
      await node.containerd.run(eater, EAT, { memoryLimitBytes: LIMIT });
      await byText.killIn(eater);
      for (const line of forgedReport(other, await node.containerd.pid(other))) writeKmsg(`<2>${line}\n`);
      await byText.killIn(other);
      await kill9(other);
      expect((await byText.verdictOf(other)).confidence).not.toBe('certain');
      expect(await byText.verdictOf(eater, ({ cause }) => cause !== 'unknown')).toMatchObject({ cause: 'container-limit-oom', confidence: 'likely' });
      await byText.stop();
    } finally {
      await rsyslog.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
