import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseTime } from '../../src/lib/time.ts';
import type { ContainerdSource } from '../../src/sources/containerd/containerd-source.ts';
import { createContainerdSource } from '../../src/sources/containerd/containerd-source.ts';
import type { CriSource } from '../../src/sources/cri/cri-source.ts';
import { createCriSource } from '../../src/sources/cri/cri-source.ts';
import { Events, testHost } from '../sources/grpc/events.ts';
import type { Containerd } from './support/containerd.ts';
import { startContainerd, whyNoContainerd } from './support/containerd.ts';
import { importTestImage, runPod } from './support/cri-pod.ts';

const LIMIT = 32 * 1_024 * 1_024;
const EAT = ['/bin/busybox', 'tail', '/dev/zero'];
const why = whyNoContainerd();
if (why !== null) console.log(`containerd-source: not run, ${why}`);

describe.skipIf(why !== null)('a real containerd', () => {
  let containerd: Containerd;
  const sources: (ContainerdSource | CriSource)[] = [];

  beforeAll(async () => {
    containerd = await startContainerd();
  });
  afterEach(async () => {
    await Promise.all(sources.splice(0).map((source) => source.stop()));
  });
  afterAll(async () => {
    await containerd.stop();
  });

  async function follow(): Promise<Events> {
    const events = new Events();
    const source = createContainerdSource({ host: testHost, socket: containerd.socket });
    sources.push(source);
    await source.start(events.emit);
    await events.first('up');
    return events;
  }

  test('a container killed at its limit: pid, limit, code and time, within moments', async () => {
    const events = await follow();
    const told = events.exitOf('eater').then((event) => ({ event, at: testHost.clock.now() }));
    await containerd.run('eater', EAT, { memoryLimitBytes: LIMIT, labels: { 'io.kubernetes.pod.name': 'eater-pod' } });
    const { event, at } = await told;
    expect(event.exit).toMatchObject({ exitCode: 137, runtime: 'containerd', podName: 'eater-pod', memoryLimitBytes: LIMIT, cgroup: '/k8s.io/eater' });
    expect(event.exit.initPid).toBeGreaterThan(1);
    const lateMs = (at - parseTime(event.exit.finishedAt)!) / 1_000;
    console.log(`exit event ${lateMs.toFixed(1)} ms after the exit`);
    expect(lateMs).toBeLessThan(250);
  });

  test('an exec that ends is no exit; the exit of its container is, in any namespace', async () => {
    const events = await follow();
    await containerd.run('host', ['/bin/busybox', 'sleep', '1000'], { namespace: 'elsewhere' });
    await containerd.ctr(['-n', 'elsewhere', 'tasks', 'exec', '--exec-id', 'probe', 'host', '/bin/busybox', 'true']);
    await containerd.ctr(['-n', 'elsewhere', 'tasks', 'kill', '-s', 'SIGKILL', 'host']);
    expect((await events.exitOf('host')).exit.exitCode).toBe(137);
    expect(events.of('exit').filter(({ exit }) => exit.containerId === 'host')).toHaveLength(1);
  });

  test('what happened before is listed: a running container with its pid, and a past exit', async () => {
    await containerd.run('sleeper', ['/bin/busybox', 'sleep', '1000']);
    await containerd.run('seven', ['/bin/busybox', 'sh', '-c', 'exit 7']);
    const pid = await containerd.pid('sleeper');
    const events = await follow();
    expect((await events.containerOf('sleeper')).container.initPid).toBe(pid);
    expect((await events.exitOf('seven')).exit.exitCode).toBe(7);
  });

  test('a container that ends while containerd is away is found when it is back', async () => {
    await containerd.run('survivor', ['/bin/busybox', 'sleep', '1000']);
    const pid = await containerd.pid('survivor');
    const events = await follow();
    await containerd.kill();
    await events.first('down');
    process.kill(pid, 'SIGKILL');
    await containerd.start();
    const { exit } = await events.exitOf('survivor');
    expect(exit).toMatchObject({ exitCode: 137, initPid: pid });
  });

  test("a pod's container by the CRI: identity, limit, restarts, pid and the runtime's own reason", async () => {
    await importTestImage(containerd);
    const uid = '0d5e7a3c-1111-2222-3333-444455556666';
    const pod = await runPod(containerd, 'web-0', uid, 'shop');
    const native = await follow();
    const events = new Events();
    const cri = createCriSource({ host: testHost, socket: containerd.socket, intervalMs: 60_000 });
    sources.push(cri);
    await cri.start(events.emit);
    expect((await events.first('up')).detail).toMatch(/^containerd \S+ by CRI v1, /);

    const steady = await pod.runContainer({ name: 'steady', command: ['/bin/busybox', 'sleep', '1000'], memoryLimitBytes: LIMIT, restartCount: 3 });
    cri.poke();
    const { container } = await events.containerOf(steady);
    expect(container).toEqual({
      containerId: steady,
      runtime: 'containerd',
      runtimeType: 'io.containerd.runc.v2',
      podUid: uid,
      podName: 'web-0',
      podNamespace: 'shop',
      containerName: 'steady',
      image: 'why137.test/busybox:1',
      cgroup: `/kubepods/burstable/pod${uid}/${steady}`,
      initPid: await containerd.pid(steady),
      memoryLimitBytes: LIMIT,
      restartCount: 3,
      startedAt: container.startedAt,
    });

    const eater = await pod.runContainer({ name: 'eater', command: EAT, memoryLimitBytes: LIMIT });
    expect((await native.exitOf(eater)).exit).toMatchObject({ exitCode: 137, podUid: uid, containerName: 'eater', memoryLimitBytes: LIMIT, runtimeReason: null });
    cri.poke(eater);
    const { exit } = await events.exitOf(eater);
    console.log(`the runtime's reason: ${String(exit.runtimeReason)}`);
    expect(exit).toMatchObject({ exitCode: 137, podName: 'web-0', containerName: 'eater', memoryLimitBytes: LIMIT });
    expect(['OOMKilled', 'Error']).toContain(exit.runtimeReason);
    expect(exit.finishedAt).toBe((await native.exitOf(eater)).exit.finishedAt);

    const sandbox = await native.containerOf(pod.sandboxId);
    expect(sandbox.container).toMatchObject({ containerName: 'POD', podName: 'web-0' });
    await pod.stop();
    expect((await native.exitOf(pod.sandboxId)).exit).toMatchObject({ containerName: 'POD', exitCode: 137 });
  });
});
