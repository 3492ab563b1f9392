import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCriSource } from '../../../src/sources/cri/cri-source.ts';
import type { CriSource, CriSourceOptions } from '../../../src/sources/cri/cri-source.ts';
import { Events, testHost } from '../grpc/events.ts';
import { Refusal, socketDirectory } from '../grpc/fake-server.ts';
import { FakeCri } from './fake-cri.ts';

const LABELS = {
  'io.kubernetes.pod.name': 'web-0',
  'io.kubernetes.pod.namespace': 'shop',
  'io.kubernetes.pod.uid': '0d5e7a3c-1111-2222-3333-444455556666',
  'io.kubernetes.container.name': 'app',
};
const STATUS = {
  metadata: { name: 'app', attempt: 4 },
  startedAt: '1700000000000000001',
  image: { image: 'registry/img:1' },
  labels: LABELS,
  annotations: { 'io.kubernetes.container.restartCount': '5' },
};
const INFO = { pid: 42, runtimeSpec: { linux: { cgroupsPath: 'kubepods.slice:crio:c1', resources: { memory: { limit: 33_554_432 } } } } };
const DEAD = { ...STATUS, finishedAt: '1700000009876543219', exitCode: 137, reason: 'OOMKilled' };

let directory: ReturnType<typeof socketDirectory>;
let fake: FakeCri;
let events: Events;
let source: CriSource;

beforeEach(async () => {
  directory = socketDirectory();
  fake = await FakeCri.start(directory.path('c.sock'));
  events = new Events();
});

afterEach(async () => {
  await source.stop();
  fake.down();
  directory.remove();
});

async function read(options: Partial<CriSourceOptions> = {}): Promise<void> {
  source = createCriSource({ host: testHost, socket: fake.socket, intervalMs: 30, ...options });
  await source.start(events.emit);
}
const polls = (n: number) => events.until(() => events.of('covered').length >= n, `${n} polls`);

describe('what the list tells', () => {
  test('a running container, described once', async () => {
    fake.containers.set('c1', { state: 1, status: STATUS, info: INFO });
    fake.containers.set('created', { state: 0, status: STATUS });
    await read();
    await polls(4);
    expect(events.of('container').map(({ container }) => container)).toEqual([
      {
        containerId: 'c1',
        runtime: 'cri-o',
        runtimeType: null,
        podUid: '0d5e7a3c-1111-2222-3333-444455556666',
        podName: 'web-0',
        podNamespace: 'shop',
        containerName: 'app',
        image: 'registry/img:1',
        cgroup: 'kubepods.slice:crio:c1',
        initPid: 42,
        memoryLimitBytes: 33_554_432,
        restartCount: 5,
        startedAt: '2023-11-14T22:13:20.000000Z',
      },
    ]);
    expect(fake.calls.filter((call) => call.startsWith('ContainerStatus '))).toEqual(['ContainerStatus c1 verbose']);
    expect((await events.first('up')).detail).toBe('cri-o 1.30.0 by CRI v1, 2 containers');
    expect(events.of('covered').map(({ from }) => from === null).slice(0, 2)).toEqual([false, true]);
  });

  test('an exit of before, once, to the microsecond', async () => {
    fake.containers.set('c1', { state: 2, status: { ...DEAD, resources: { linux: { memoryLimitInBytes: '67108864' } } } });
    await read();
    await polls(4);
    expect(events.of('exit').map(({ exit }) => exit)).toEqual([
      expect.objectContaining({ finishedAt: '2023-11-14T22:13:29.876543Z', exitCode: 137, runtimeReason: 'OOMKilled', memoryLimitBytes: 67_108_864, initPid: null, restartCount: 5 }),
    ]);
  });

  test('pid, limit and cgroup read while it ran stay with its exit', async () => {
    fake.containers.set('c1', { state: 1, status: STATUS, info: INFO });
    await read();
    await events.containerOf('c1');
    fake.containers.set('c1', { state: 2, status: DEAD, info: { pid: 0 } });
    expect((await events.exitOf('c1')).exit).toMatchObject({ initPid: 42, memoryLimitBytes: 33_554_432, cgroup: 'kubepods.slice:crio:c1' });
  });

  test('a reason that changes soon after is told again', async () => {
    const justNow = `${String(Date.now())}000000`;
    fake.containers.set('c1', { state: 2, status: { ...DEAD, finishedAt: justNow, reason: 'Error' } });
    await read();
    await events.exitOf('c1');
    fake.containers.set('c1', { state: 2, status: { ...DEAD, finishedAt: justNow, reason: 'OOMKilled' } });
    await events.first('exit', ({ exit }) => exit.runtimeReason === 'OOMKilled');
    expect(events.of('exit').map(({ exit }) => exit.runtimeReason)).toEqual(['Error', 'OOMKilled']);
  });

  test('an end without a time is counted, and no exit', async () => {
    fake.containers.set('c1', { state: 2, status: { ...DEAD, finishedAt: '0' } });
    await read();
    await polls(3);
    expect(events.of('exit')).toEqual([]);
    expect(source.dropped()).toEqual({ 'exit-without-time': 1 });
  });

  test('a container removed before its end was read is a gap where nothing else tells', async () => {
    fake.containers.set('c1', { state: 1, status: STATUS, info: INFO });
    await read({ alone: true });
    await events.containerOf('c1');
    fake.containers.delete('c1');
    expect((await events.first('gap')).why).toContain('container c1');
    expect(source.dropped()).toEqual({ 'removed-before-its-end-was-read': 1 });
  });
});

describe('odd runtimes', () => {
  test('one that speaks v1alpha2 alone', async () => {
    fake.down();
    fake = await FakeCri.start(directory.path('old.sock'), 'runtime.v1alpha2');
    fake.containers.set('c1', { state: 2, status: DEAD });
    await read();
    await events.exitOf('c1');
    expect((await events.first('up')).detail).toContain('v1alpha2');
  });

  test('one without the CRI', async () => {
    fake.down();
    fake = await FakeCri.start(directory.path('no.sock'), 'other');
    await read();
    expect(await events.first('down')).toMatchObject({ why: `${fake.socket} does not serve the CRI`, cure: expect.stringContaining('disabled_plugins') as unknown });
  });

  test('garbage and refusals hide one container, not the others', async () => {
    fake.containers.set('', { state: 1, status: STATUS });
    fake.containers.set('bad-info', { state: 1, status: STATUS, info: '{"pid": "many"' });
    fake.containers.set('odd-info', { state: 1, status: STATUS, info: { pid: 'x', runtimeSpec: 7 } });
    fake.containers.set('good', { state: 1, status: STATUS, info: INFO });
    let asked = 0;
    await read();
    await events.containerOf('good');
    expect((await events.containerOf('bad-info')).container).toMatchObject({ podName: 'web-0', initPid: null, memoryLimitBytes: null });
    fake.instead.set('ContainerStatus', () => {
      asked += 1;
      if (asked === 1) return Buffer.from([0xff, 0xff]);
      throw new Refusal(status.UNKNOWN, 'no');
    });
    fake.containers.set('new', { state: 1, status: STATUS });
    await events.until(() => (source.dropped()['status-refused'] ?? 0) > 0, 'a refusal');
    fake.instead.clear();
    await events.containerOf('new');
    expect(source.dropped()).toMatchObject({ 'unreadable-container': expect.any(Number) as unknown, 'unreadable-info': 2, 'unreadable-status': 1 });
    expect(events.of('down')).toEqual([]);
  });

  test('a list that cannot be read is said, and mended', async () => {
    fake.instead.set('ListContainers', () => Buffer.from([0xff, 0xff, 0xff]));
    await read();
    await events.first('down');
    fake.instead.clear();
    await events.first('up');
  });

  test('one container whose status never comes does not hide the others', async () => {
    fake.containers.set('stuck', { state: 1, hangs: true });
    fake.containers.set('c1', { state: 2, status: DEAD });
    await read({ answerMs: 100 });
    await polls(2);
    expect(events.of('exit').map(({ exit }) => exit.containerId)).toEqual(['c1']);
    expect(events.of('down')).toEqual([]);
    expect(source.dropped()['status-refused']).toBeGreaterThan(0);
  });

  test('an id that is but the beginning of another is not taken for it', async () => {
    fake.containers.set('c', { state: 2, status: { ...DEAD, id: 'c1234' } });
    await read();
    await polls(1);
    source.poke('c');
    await polls(3);
    expect(events.of('exit')).toEqual([]);
  });

  test('one that hangs is said, and stop does not wait for it', async () => {
    fake.instead.set('ListContainers', () => new Promise(() => undefined));
    await read({ answerMs: 100 });
    expect((await events.first('down')).why).toContain('does not answer');
  });

  test('one that goes away and comes back', async () => {
    fake.containers.set('c1', { state: 1, status: STATUS, info: INFO });
    await read();
    await events.first('up');
    fake.down();
    await events.first('down');
    fake.containers.set('c1', { state: 2, status: DEAD });
    await fake.up();
    await events.exitOf('c1');
    expect(events.of('container')).toHaveLength(1);
  });
});

describe('poke', () => {
  test('reads one container soon, and again until its reason is settled', async () => {
    fake.containers.set('c1', { state: 1, status: STATUS, info: INFO });
    await read({ intervalMs: 3_600_000 });
    await polls(1);
    const justNow = `${String(Date.now())}000000`;
    fake.containers.set('c1', { state: 2, status: { ...DEAD, finishedAt: justNow, reason: 'Error' } });
    source.poke('c1');
    await events.exitOf('c1');
    fake.containers.set('c1', { state: 2, status: { ...DEAD, finishedAt: justNow, reason: 'OOMKilled' } });
    await events.first('exit', ({ exit }) => exit.runtimeReason === 'OOMKilled');
    expect(fake.calls.filter((call) => call === 'ListContainers')).toHaveLength(1);
    source.poke('unknown');
  });

  test('without an id reads the list now', async () => {
    await read({ intervalMs: 3_600_000 });
    await polls(1);
    source.poke();
    await polls(2);
  });
});
