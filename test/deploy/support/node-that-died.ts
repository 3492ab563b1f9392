import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { inject } from 'vitest';
import * as z from 'zod/mini';
import { containerExitSchema, type ContainerExit } from '../../../src/model/container-exit.ts';
import { root } from '../../commands/run-why137.ts';
import { startAgent, type TestAgent } from '../../e2e/support/real-agent.ts';
import { sayUntil } from '../../e2e/support/until.ts';
import { FakeCri } from '../../sources/cri/fake-cri.ts';

const RECORDING = join(root, 'test/recordings/6.12-v2-syslog');
/** Deaths of every common kind; the last one is of the node-wide OOM. */
const PODS = ['app-1', 'app-2', 'app-4', 'app-5', 'app-6', 'app-7', 'app-11', 'app-15', 'app-16', 'app-63'];
const STAMP = /^Nov 23 \d\d:\d\d:\d\d/;
/** The recording is moved so that it ends so long ago. */
const ENDED_MS = 60_000;

export interface NodeThatDied {
  readonly agent: TestAgent;
  stop(): Promise<void>;
}

/**
 * A real agent on the recorded syslog of a node and a CRI that lists the containers that ended there, ready when it has
 * judged them all.
 */
export async function nodeThatDied(): Promise<NodeThatDied> {
  const dir = mkdtempSync(join(tmpdir(), 'w137-'));
  const lines = gunzipSync(readFileSync(join(RECORDING, 'syslog.gz'))).toString('latin1').split('\n');
  const timeOf = (line: string): number => Date.parse(`${line.slice(0, 6)} 2026${line.slice(6, 15)} UTC`);
  const shiftMs = Date.now() - ENDED_MS - Math.max(...lines.filter((line) => STAMP.test(line)).map(timeOf));
  const moved = lines.map((line) => (STAMP.test(line) ? `${new Date(timeOf(line) + shiftMs).toISOString().replace('Z', '000+00:00')}${line.slice(15)}` : line));
  const syslog = join(dir, 'syslog');
  writeFileSync(syslog, moved.join('\n'), 'latin1');

  const cri = await FakeCri.start(join(dir, 'crio.sock'));
  for (const exit of exits()) cri.containers.set(exit.containerId, { state: 2, status: statusOf(exit, shiftMs), info: { pid: exit.initPid ?? 0 } });
  const sources = ['--runtime-endpoint', `unix://${cri.socket}`, '--kernel-log-file', syslog, '--journal', 'off', '--kmsg', 'off'];
  const agent = await startAgent([...sources, '--settle', '2s', '--node-name', 'node1', '--metrics-pod-labels', 'on'], { program: inject('why137') });
  const stop = async (): Promise<void> => {
    await agent.stop();
    cri.down();
    rmSync(dir, { recursive: true });
  };
  // A log that is up has been read to its end; what was judged while it was not says so.
  const isDone = (): boolean => {
    const lines = agent.logs();
    const isRead = lines.some((line) => line.event === 'source.up' && line['why137.source'] === syslog);
    return isRead && PODS.every((pod) => lines.findLast((line) => line.event === 'exit.verdict' && line['k8s.pod.name'] === pod)?.msg.includes('not started') === false);
  };
  await sayUntil('the log is read and every container is judged', isDone, 60_000).catch(async (error: unknown) => {
    await stop();
    const others = agent.logs().filter(({ event }) => event !== 'oom.kill').map(({ msg }) => msg);
    throw new Error(`${String(error)}; it said: ${others.join('\n')}`);
  });
  return { agent, stop };
}

function exits(): ContainerExit[] {
  const lines = readFileSync(join(RECORDING, 'exits.ndjson'), 'utf8').split('\n').filter((line) => line !== '');
  return lines.map((line) => z.parse(containerExitSchema, JSON.parse(line))).filter(({ podName }) => PODS.includes(podName ?? ''));
}

function statusOf(exit: ContainerExit, shiftMs: number): Record<string, unknown> {
  const nanos = (time: string | null): string => `${String(Date.parse(time ?? '') + shiftMs)}${/\.\d{3}(\d{3})/.exec(time ?? '')?.[1] ?? '000'}000`;
  return {
    metadata: { name: exit.containerName, attempt: exit.restartCount },
    image: { image: exit.image },
    startedAt: nanos(exit.startedAt),
    finishedAt: nanos(exit.finishedAt),
    exitCode: exit.exitCode,
    reason: exit.runtimeReason,
    labels: {
      'io.kubernetes.pod.name': exit.podName,
      'io.kubernetes.pod.namespace': exit.podNamespace,
      'io.kubernetes.pod.uid': exit.podUid,
      'io.kubernetes.container.name': exit.containerName,
    },
  };
}
