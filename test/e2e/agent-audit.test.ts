import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAuditd, whyNoAuditd, type Auditd } from './support/auditd.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { freshId, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

const execute = promisify(execFile);
const why = whyNoNode() ?? whyNoAuditd();
if (why !== null) console.log(`skipped: ${why}`);

describe.skipIf(why !== null)('with a real auditd and the rules of docs/audit.md', () => {
  let node: TestNode;
  let auditd: Auditd;
  /** Reads auditd's file alone, as where journald does not read audit. */
  let agent: TestAgent;
  /** Reads the journal, which has the same records where journald listens to audit, as one does that opens its own socket. */
  let withJournal: TestAgent;

  beforeAll(async () => {
    // journald first: where its configuration says Audit=no, as Debian's does, it turns the kernel's audit off when it starts.
    node = await startNode();
    auditd = await startAuditd();
    agent = await startAgent([...node.agentArgs, '--journal', 'off', '--audit-log', auditd.log]);
    withJournal = await startAgent([...node.agentArgs, '--audit-log', auditd.log]);
    for (const name of ['kmsg', 'containerd', auditd.log]) await agent.sourceIsUp(name);
    for (const name of ['journal', 'containerd', auditd.log]) await withJournal.sourceIsUp(name);
  });
  afterAll(async () => {
    await withJournal.stop();
    await agent.stop();
    await auditd.stop();
    await node.stop();
  });

  async function run(name: string): Promise<{ readonly id: string; readonly pid: number }> {
    const id = freshId(name);
    await node.containerd.run(id, SLEEP);
    return { id, pid: await node.containerd.pid(id) };
  }

  it('names who sent SIGKILL', async () => {
    const { id, pid } = await run('killed');
    await execute('sh', ['-c', `kill -9 ${String(pid)}`]);
    const verdict = await agent.verdictOf(id, ({ cause }) => cause !== 'not-oom');
    expect(verdict).toMatchObject({ cause: 'external-sigkill', family: 'outside', confidence: 'likely' });
    expect(verdict.summary).toMatch(/^SIGKILL was sent by sh \(\d+, \/usr\/bin\/\w+, uid 0(?:, logged in as uid \d+)?(?:, (?:parent )?in [\w.@-]+)?\)$/);
    expect(verdict.evidence.find(({ kind }) => kind === 'audit')).toMatchObject({ source: auditd.log, weight: 'decisive' });
    const proven = await withJournal.verdictOf(id, ({ cause }) => cause !== 'not-oom');
    const source = proven.evidence.find(({ kind }) => kind === 'audit')?.source;
    expect(proven).toMatchObject({ cause: 'external-sigkill', confidence: source === 'units' ? 'certain' : 'likely' });
  });

  it('names the container of the sender, which sees the node’s processes, by its cgroup', async () => {
    const { id, pid } = await run('attacked');
    const attacker = freshId('attacker');
    const labels = { 'io.kubernetes.pod.namespace': 'tools', 'io.kubernetes.pod.name': 'debug', 'io.kubernetes.container.name': 'shell' };
    await node.containerd.run(attacker, SLEEP, { labels, more: ['--with-ns', `pid:/proc/${String(process.pid)}/ns/pid`] });
    // As by `kubectl exec`: neither its PID 1, nor started by it. The shell itself sends it, and lives on.
    const shell = execute('/usr/bin/ctr', ['-a', node.containerd.socket, '-n', 'k8s.io', 'tasks', 'exec', '--exec-id', 'shell', attacker, '/bin/busybox', 'sh', '-c', `kill -9 ${String(pid)}; read -t 1000 line`]);
    const verdict = await agent.verdictOf(id, ({ cause }) => cause !== 'not-oom');
    expect(verdict.cause).toBe('external-sigkill');
    expect(verdict.summary).toMatch(/^SIGKILL was sent by \w+ \(\d+, \S*busybox, uid 0, (?:logged in as uid \d+, )?container tools\/debug\/shell\)$/);
    shell.child.kill('SIGKILL');
    await shell.catch(() => undefined);
  });

  it('of a program that was exec’d into a container and is gone at once, does not say that it was where its shim is', async () => {
    const { id, pid } = await run('attacked-at-once');
    const attacker = freshId('attacker-at-once');
    await node.containerd.run(attacker, SLEEP, { more: ['--with-ns', `pid:/proc/${String(process.pid)}/ns/pid`] });
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'exec', '--exec-id', 'kill', attacker, '/bin/busybox', 'kill', '-9', String(pid)]);
    const verdict = await agent.verdictOf(id, ({ cause }) => cause !== 'not-oom');
    expect(verdict.cause).toBe('external-sigkill');
    expect(verdict.summary).toMatch(new RegExp(`^SIGKILL was sent by \\w+ \\(\\d+, \\S*busybox, uid 0(?:, logged in as uid \\d+)?(?:, parent in [\\w.@-]+|, container ${attacker.slice(0, 12)})?\\)$`));
  });

  it('by a call for threads, and by a descriptor, too', async () => {
    const thread = await run('tgkill');
    await execute('perl', ['-e', `syscall(234, ${String(thread.pid)}, ${String(thread.pid)}, 9)`]);
    expect(await agent.verdictOf(thread.id, ({ cause }) => cause !== 'not-oom')).toMatchObject({ cause: 'external-sigkill', confidence: 'likely' });
    const file = await run('pidfd');
    await execute('perl', ['-e', `$f = syscall(434, ${String(file.pid)}, 0); syscall(424, $f, 9, 0, 0)`]);
    expect(await agent.verdictOf(file.id, ({ cause }) => cause !== 'not-oom')).toMatchObject({ cause: 'external-sigkill', confidence: 'possible' });
  });

  it('tells a runtime that does as it is asked from a stranger', async () => {
    const { id } = await run('asked');
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
    const verdict = await agent.verdictOf(id, ({ cause }) => cause !== 'not-oom');
    expect(verdict).toMatchObject({ cause: 'runtime-stop', confidence: 'likely' });
    expect(verdict.summary).toContain('runc');
  });

  it('a child that is killed names nobody as the end of PID 1', async () => {
    const id = freshId('child');
    await node.containerd.run(id, ['/bin/busybox', 'sh', '-c', '/bin/busybox sleep 1000 & p=$!; /bin/busybox sleep 1; kill -9 $p; wait $p; exit 137']);
    const verdict = await agent.verdictOf(id, ({ final }) => final);
    expect(verdict.cause).toBe('not-oom');
  });
});
