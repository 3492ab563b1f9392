import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { importTestImage, runPod, type Pod } from './support/cri-pod.ts';
import { EAT, freshId, MIB, SLEEP, startNode, whyNoNode, type TestNode } from './support/small-node.ts';

const LIMIT = 32 * MIB;
const BUNDLE = join(import.meta.dirname, '../../dist/why137.cjs');

function why137(args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BUNDLE, ...args], (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe.skipIf(whyNoNode() !== null)('an agent beside pods that a kubelet could have made', () => {
  let node: TestNode;
  let pod: Pod;
  let agent: TestAgent;
  const podName = freshId('shop');
  const uid = '5f1c2b3a-1111-4222-8333-0123456789ab';
  let before: string;

  beforeAll(async () => {
    node = await startNode();
    await importTestImage(node.containerd);
    pod = await runPod(node.containerd, podName, uid);
    before = await pod.runContainer({ name: 'before', command: [...EAT], memoryLimitBytes: LIMIT });
    agent = await startAgent(node.agentArgs);
    for (const name of ['journal', 'containerd', 'cri']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await pod.stop();
    await node.stop();
  });

  it('knows the pod, its limit and what Kubernetes was told', async () => {
    const id = await pod.runContainer({ name: 'app', command: [...EAT], memoryLimitBytes: LIMIT });
    const verdict = await agent.verdictOf(id, ({ exit }) => exit.runtimeReason !== null);
    expect(verdict).toMatchObject({
      cause: 'container-limit-oom',
      confidence: 'certain',
      container: { podName, podNamespace: 'default', podUid: uid, containerName: 'app', memoryLimitBytes: LIMIT },
    });
    expect(verdict.runtimeAgrees).toBe(verdict.exit.runtimeReason === 'OOMKilled');
    const line = agent.logs().find((one) => one.event === 'exit.verdict' && one['container.id'] === id);
    expect(line).toMatchObject({ 'k8s.pod.name': podName, 'k8s.namespace.name': 'default', 'k8s.container.name': 'app' });
  });

  it('judges what died before it was started, by CRI', async () => {
    expect(await agent.verdictOf(before)).toMatchObject({ cause: 'container-limit-oom', container: { containerName: 'before' } });
  });

  it('explains by pod, by pod and container, and by the beginning of an id', async () => {
    const id = await pod.runContainer({ name: 'asked', command: [...SLEEP] });
    await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
    await agent.verdictOf(id);
    for (const target of [`default/${podName}`, `default/${podName}/asked`, podName, id.slice(0, 16)]) {
      const { status, out } = await why137(['explain', target, '--agent-url', agent.url]);
      expect(status).toBe(0);
      expect(out).toContain('SIGKILL');
    }
    expect((await why137(['explain', 'default/nobody', '--agent-url', agent.url])).status).toBe(3);
    expect((await why137(['explain', 'default/nobody', '--agent-url', 'http://127.0.0.1:9'])).status).toBe(1);
    const json = await why137(['explain', id, '--json', '--agent-url', agent.url]);
    expect(JSON.parse(json.out.split('\n')[0] ?? '')).toMatchObject({ kind: 'verdict', cause: 'not-oom' });
  });

  it('lets the doctor see all of it, and miss what is taken away', async () => {
    const whole = await why137(['doctor', ...node.agentArgs]);
    expect(whole).toMatchObject({ status: 0 });
    expect(whole.out).toContain('Full sight.');
    const blind = await why137(['doctor', '--runtime-endpoint', 'none', '--kernel-log-file', 'none', '--journal', 'off', '--kmsg', 'off']);
    expect(blind.status).toBe(4);
    expect(blind.out).toContain('Blind to');
  });
});
