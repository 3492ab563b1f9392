import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTestImage, runPod, type Pod } from './support/cri-pod.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { freshId, MIB, shell, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

describe.skipIf(whyNoNode() !== null)('what a real containerd logs of stops', () => {
  let node: TestNode;
  let pod: Pod;
  let dir: string;
  let log: string;
  const podName = freshId('stops');
  const uid = '5f1c2b3a-2222-4222-8333-0123456789ab';

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'w137-stops-'));
    log = join(dir, 'syslog');
    writeFileSync(log, '');
    node = await startNode({ logFile: log });
    await importTestImage(node.containerd);
    pod = await runPod(node.containerd, podName, uid);
  });
  afterAll(async () => {
    await pod.stop();
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  let agent: TestAgent;
  beforeAll(async () => {
    agent = await startAgent(['--runtime-endpoint', `unix://${node.containerd.socket}`, '--kernel-log-file', log, '--lookback', '1h']);
    for (const name of ['journal', log, 'containerd', 'cri']) await agent.sourceIsUp(name);
  });
  afterAll(() => agent.stop());
  const container = { podName, podNamespace: 'default', podUid: uid };

  it('SIGKILL when the time was over: a stop', async () => {
    const id = await pod.runContainer({ name: freshId('deaf'), command: [...shell('trap "" TERM; while :; do /bin/busybox usleep 20000; done')] });
    await pod.stopContainer(id, 1);
    const verdict = await agent.verdictOf(id, ({ cause }) => cause === 'runtime-stop');
    expect(verdict).toMatchObject({ rule: 'grace-period-over', confidence: 'likely', container, exit: { code: 137 } });
    expect(verdict.summary).toBe('the runtime (containerd) was to stop it; it was killed when its grace period of 1 s was over');
  });

  it('137 of its own on SIGTERM, long before: none', async () => {
    const id = await pod.runContainer({ name: freshId('own'), command: [...shell('trap "exit 137" TERM; while :; do /bin/busybox usleep 20000; done')] });
    await pod.stopContainer(id, 30);
    const verdict = await agent.verdictOf(id, ({ final }) => final);
    expect(verdict).toMatchObject({ cause: 'not-oom', container, exit: { code: 137 } });
    expect(verdict.summary).toMatch(/the runtime \(containerd\) was to stop it .* earlier, with .* of its grace period left$/);
  });

  it('an OOM kill within the time: the kernel’s', async () => {
    const id = await pod.runContainer({ name: freshId('eater'), command: [...shell('trap "exec /bin/busybox tail /dev/zero" TERM; while :; do /bin/busybox usleep 20000; done')], memoryLimitBytes: 32 * MIB });
    await pod.stopContainer(id, 30);
    expect(await agent.verdictOf(id, ({ cause }) => cause !== 'unknown')).toMatchObject({ cause: 'container-limit-oom', container });
  });

  it('the death of its shim: a status that nobody knows', async () => {
    // One shim serves a whole pod.
    const other = await runPod(node.containerd, freshId('orphan'), '5f1c2b3a-3333-4222-8333-0123456789ab');
    const id = await other.runContainer({ name: freshId('orphan'), command: [...shell('while :; do /bin/busybox usleep 20000; done')] });
    const tasks = await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'ls']);
    const pid = new RegExp(`^${id} +(\\d+) `, 'm').exec(tasks)?.[1] ?? '';
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    process.kill(Number(parent), 'SIGKILL');
    expect(await agent.verdictOf(id, ({ final }) => final)).toMatchObject({ cause: 'unknown', rule: 'shim-lost', exit: { code: 137 } });
    await other.stop();
  });

  it('SIGTERM as it was asked to', async () => {
    const id = await pod.runContainer({ name: freshId('good'), command: [...shell('trap "exit 143" TERM; while :; do /bin/busybox usleep 20000; done')] });
    await pod.stopContainer(id, 30);
    expect(await agent.verdictOf(id, ({ cause }) => cause !== 'unknown')).toMatchObject({ cause: 'runtime-stop', rule: 'stop-requested-signal', container, exit: { code: 143 } });
  });
});
