import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerdSource, ContainerdSourceOptions } from '../../../src/sources/containerd/containerd-source.ts';
import { createContainerdSource } from '../../../src/sources/containerd/containerd-source.ts';
import { Events, testHost } from '../grpc/events.ts';
import { socketDirectory } from '../grpc/fake-server.ts';
import { FakeContainerd } from './fake-containerd.ts';

const ID = 'a'.repeat(64);
const LABELS = {
  'io.kubernetes.pod.name': 'web-0',
  'io.kubernetes.pod.namespace': 'shop',
  'io.kubernetes.pod.uid': '0d5e7a3c-1111-2222-3333-444455556666',
  'io.kubernetes.container.name': 'app',
  'io.cri-containerd.kind': 'container',
};
const SPEC = { linux: { cgroupsPath: `/kubepods/pod1/${ID}`, resources: { memory: { limit: 33_554_432 } } } };
const AT = { seconds: '1700000000', nanos: 123_456_789 };

let directory: ReturnType<typeof socketDirectory>;
let fake: FakeContainerd;
let events: Events;
let source: ContainerdSource;

beforeEach(async () => {
  directory = socketDirectory();
  fake = await FakeContainerd.start(directory.path('c.sock'));
  events = new Events();
});

afterEach(async () => {
  await source.stop();
  fake.down();
  directory.remove();
});

async function follow(options: Partial<ContainerdSourceOptions> = {}): Promise<void> {
  source = createContainerdSource({ host: testHost, socket: fake.socket, ...options });
  await source.start(events.emit);
}

const exit = (id: string, more: Record<string, unknown> = {}) => {
  fake.publish('k8s.io', '/tasks/exit', 'TaskExit', { containerId: id, id, pid: 42, exitStatus: 137, exitedAt: AT, ...more });
};

describe('what runs and what ended is listed on connecting', () => {
  test('a running container has its identity, limit, cgroup and pid', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, image: 'img:1', spec: SPEC, task: { pid: 42, status: 2 } });
    await follow();
    const { container } = await events.containerOf(ID);
    expect(container).toEqual({
      containerId: ID,
      runtime: 'containerd',
      runtimeType: 'io.containerd.runc.v2',
      podUid: '0d5e7a3c-1111-2222-3333-444455556666',
      podName: 'web-0',
      podNamespace: 'shop',
      containerName: 'app',
      image: 'img:1',
      cgroup: `/kubepods/pod1/${ID}`,
      initPid: 42,
      memoryLimitBytes: 33_554_432,
      restartCount: null,
      startedAt: null,
    });
    expect((await events.first('up')).detail).toBe('containerd 1.7.0, 1 containers');
    const covered = await events.first('covered');
    expect(covered.from).toBeLessThanOrEqual(covered.to);
  });

  test('a stopped task is an exit of before, to the microsecond', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, spec: SPEC, task: { pid: 42, status: 3, exitStatus: 137, exitedAt: AT } });
    await follow();
    expect((await events.exitOf(ID)).exit).toMatchObject({ exitCode: 137, finishedAt: '2023-11-14T22:13:20.123456Z', initPid: 42, podName: 'web-0', runtimeReason: null });
  });

  test('subscribes before it lists, and never asks for anything that changes state', async () => {
    fake.containers.set('default/x', {});
    await follow();
    await events.first('up');
    expect(fake.calls).toEqual(['Version', 'Subscribe', 'Namespaces', 'Containers', 'Tasks']);
  });

  test('a sandbox is the POD of its pod; a container of Docker is of Docker', async () => {
    fake.containers.set('k8s.io/pause', { labels: { ...LABELS, 'io.kubernetes.container.name': '', 'io.cri-containerd.kind': 'sandbox' } });
    fake.containers.set('moby/d', {});
    await follow();
    expect((await events.containerOf('pause')).container).toMatchObject({ containerName: 'POD', podName: 'web-0' });
    expect((await events.containerOf('d')).container.runtime).toBe('docker');
  });

  test('only the chosen namespaces', async () => {
    fake.containers.set('k8s.io/a', {});
    fake.containers.set('other/b', {});
    await follow({ namespaces: ['k8s.io'] });
    await events.first('up');
    expect(events.of('container').map(({ container }) => container.containerId)).toEqual(['a']);
    expect(fake.filters).toContain('namespace=="k8s.io",topic=="/tasks/exit"');
  });
});

describe('events', () => {
  test('an exit is told at once, though nobody answers who it was', async () => {
    await follow();
    await events.first('up');
    fake.before.set('Get', () => new Promise(() => undefined));
    fake.publish('k8s.io', '/tasks/start', 'TaskStart', { containerId: ID, pid: 42 });
    exit(ID);
    const told = await events.exitOf(ID);
    expect(told.exit).toMatchObject({ containerId: ID, exitCode: 137, initPid: 42, podName: null });
    expect(told.exit.startedAt).not.toBeNull();
  });

  test('who it was follows', async () => {
    await follow();
    await events.first('up');
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, spec: SPEC });
    exit(ID);
    await events.exitOf(ID);
    expect((await events.containerOf(ID, (container) => container.podName !== null)).container).toMatchObject({ initPid: 42, memoryLimitBytes: 33_554_432 });
  });

  test('a container described before its exit gives a whole exit', async () => {
    await follow();
    await events.first('up');
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, spec: SPEC });
    fake.publish('k8s.io', '/containers/create', 'ContainerChange', { id: ID });
    await events.containerOf(ID, (container) => container.podName === 'web-0');
    fake.publish('k8s.io', '/tasks/start', 'TaskStart', { containerId: ID, pid: 42 });
    exit(ID);
    expect((await events.exitOf(ID)).exit).toMatchObject({ podName: 'web-0', containerName: 'app', memoryLimitBytes: 33_554_432, initPid: 42 });
  });

  test('the end of an exec is not the end of its container', async () => {
    await follow();
    await events.first('up');
    exit(ID, { id: 'probe-1' });
    exit('other');
    await events.exitOf('other');
    expect(events.of('exit')).toHaveLength(1);
    expect(source.dropped()).toMatchObject({ 'exec-exit': 1 });
  });

  test("the runtime's own OOM notice is counted and not used", async () => {
    await follow();
    await events.first('up');
    fake.publish('k8s.io', '/tasks/oom', 'ContainerChange', { id: ID });
    await events.until(() => source.dropped()['runtime-oom-notice'] === 1, 'the count');
  });

  test('garbage is counted, and what follows is read', async () => {
    await follow();
    await events.first('up');
    fake.publishRaw(Buffer.from([0xff, 0xff, 0xff]));
    fake.publishRaw(Buffer.alloc(0));
    fake.publish('k8s.io', '/tasks/exit', 'TaskExit', { pid: 1 });
    exit(ID);
    await events.exitOf(ID);
    expect(source.dropped()).toMatchObject({ 'unreadable-event': 2, 'other-topic': 1 });
  });

  test('an odd spec costs only what it would have told', async () => {
    fake.containers.set('k8s.io/odd', { labels: LABELS, spec: '{"linux": 7' });
    fake.containers.set('k8s.io/odder', { labels: LABELS, spec: { linux: { resources: { memory: { limit: 'much' } } } } });
    fake.containers.set('k8s.io/unlimited', { spec: { linux: { resources: { memory: { limit: -1 } } } } });
    await follow();
    await events.first('up');
    for (const id of ['odd', 'odder', 'unlimited']) expect((await events.containerOf(id)).container.memoryLimitBytes).toBeNull();
    expect(source.dropped()).toEqual({ 'unreadable-spec': 2 });
  });
});

describe('a broken connection', () => {
  test('is told, mended, and what the list still holds is not lost', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, spec: SPEC, task: { pid: 42, status: 2 } });
    await follow();
    await events.first('up');
    fake.down();
    expect(await events.first('down')).toMatchObject({ source: 'containerd' });
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, spec: SPEC, task: { pid: 42, status: 3, exitStatus: 137, exitedAt: AT } });
    await fake.up();
    expect((await events.exitOf(ID)).exit.exitCode).toBe(137);
    await events.until(() => events.of('up').length === 2, 'the second up');
    expect(events.of('gap')).toEqual([]);
    fake.endStreams();
    await events.until(() => events.of('up').length === 3, 'the third up');
    expect(events.of('exit')).toHaveLength(1);
  });

  test('a task that was removed meanwhile is a gap, once', async () => {
    fake.containers.set('k8s.io/gone', { task: { pid: 7, status: 2 } });
    fake.containers.set('k8s.io/again', { task: { pid: 8, status: 2 } });
    await follow();
    await events.first('up');
    fake.down();
    await events.first('down');
    fake.containers.set('k8s.io/gone', {});
    fake.containers.set('k8s.io/again', { task: { pid: 9, status: 2 } });
    await fake.up();
    const gap = await events.first('gap');
    expect(gap.why).toContain('(k8s.io/gone, k8s.io/again)');
    expect(gap.from).not.toBeNull();
    expect(gap.from).toBeLessThanOrEqual(gap.to!);
    await events.containerOf('again', (container) => container.initPid === 9);
    fake.endStreams();
    await events.until(() => events.of('up').length === 3, 'the third up');
    expect(events.of('gap')).toHaveLength(1);
  });

  test('an exit told while the list is read wins over the list', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, task: { pid: 42, status: 2 } });
    fake.before.set('Tasks', async () => {
      await events.until(() => fake.subscribers > 0, 'the subscription');
      exit(ID);
      await events.exitOf(ID);
    });
    await follow();
    await events.first('up');
    fake.before.clear();
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS });
    fake.endStreams();
    await events.until(() => events.of('up').length === 2, 'the second up');
    expect(events.of('gap')).toEqual([]);
    expect(events.of('exit')).toHaveLength(1);
  });

  test('a runtime that stops answering is found and said', async () => {
    await follow({ heartbeatMs: 50, answerMs: 100 });
    await events.first('up');
    fake.before.set('Version', () => new Promise(() => undefined));
    expect(await events.first('down')).toMatchObject({ why: `${fake.socket} accepts connections but does not answer` });
  });

  test('a stream of events that hangs while the runtime answers is found out by what the list says, and begun anew', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, task: { pid: 42, status: 2 } });
    await follow({ heartbeatMs: 50, compareMs: 100 });
    await events.first('up');
    // Nothing is published: it ended, and another one began.
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, task: { pid: 42, status: 3, exitStatus: 137, exitedAt: AT } });
    expect((await events.first('down')).why).toMatch(/its stream of events hangs: it has told nothing of 1 container\(s\) that started or ended \(k8s\.io\/a+\)/);
    expect((await events.exitOf(ID)).exit.exitCode).toBe(137);
    fake.containers.set('k8s.io/another', { task: { pid: 43, status: 2 } });
    await events.containerOf('another', ({ initPid }) => initPid === 43);
    await events.until(() => events.of('up').length === 3, 'the third up');
    fake.containers.delete('k8s.io/another');
    expect((await events.first('gap')).why).toContain('k8s.io/another');
  });

  test('a list that says what events said, one with a shim that does not answer, and one that cannot be read break nothing', async () => {
    fake.containers.set(`k8s.io/${ID}`, { labels: LABELS, task: { pid: 42, status: 2 } });
    fake.containers.set('k8s.io/stuck', { task: { pid: 43, status: 2 } });
    await follow({ heartbeatMs: 20, compareMs: 40 });
    await events.first('up');
    fake.containers.set('k8s.io/stuck', {});
    const compared = fake.calls.filter((call) => call === 'Tasks').length;
    await events.until(() => fake.calls.filter((call) => call === 'Tasks').length > compared + 5, 'five comparisons');
    fake.before.set('Tasks', () => Promise.reject(new Error('no')));
    await events.until(() => (source.dropped()['list-not-compared'] ?? 0) > 2, 'the count');
    expect(events.of('down')).toEqual([]);
    expect(events.of('up')).toHaveLength(1);
  });

  test('stop ends a session that hangs', async () => {
    fake.containers.set('k8s.io/x', {});
    fake.before.set('Tasks', () => new Promise(() => undefined));
    await follow();
    await events.until(() => fake.calls.includes('Tasks'), 'the list');
    await source.stop();
    expect(events.of('up')).toEqual([]);
  });
});

test('what happens waits at the runtime while there is no room for it, and comes in its order then', async () => {
  const room = { isFull: false };
  await follow({ isFull: () => room.isFull });
  await events.first('up');
  room.isFull = true;
  const ids = Array.from({ length: 20 }, (_, n) => `c${String(n)}`);
  for (const id of ids) exit(id);
  await events.exitOf('c0');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const told = (): readonly string[] => events.of('exit').map(({ exit: { containerId } }) => containerId);
  expect(told()).toEqual(['c0']);
  room.isFull = false;
  await events.exitOf('c19');
  expect(told()).toEqual(ids);
});

describe('a socket that does not serve', () => {
  test('none there', async () => {
    source = createContainerdSource({ host: testHost, socket: directory.path('none.sock') });
    await source.start(events.emit);
    expect(await events.first('down')).toMatchObject({ why: `${directory.path('none.sock')} does not exist`, cure: expect.stringContaining('--runtime-endpoint') as unknown });
  });

  const listen = async (name: string, connection: (socket: Socket) => void): Promise<Server> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      connection(socket);
    });
    await new Promise<void>((resolve) => server.listen(directory.path(name), resolve));
    return server;
  };
  /** Ends only when no connection is left open. */
  const close = (server: Server) => new Promise((resolve) => server.close(resolve));

  test('one that accepts and says nothing, and no connection is left behind', async () => {
    const mute = await listen('mute.sock', (socket) => socket.resume());
    source = createContainerdSource({ host: testHost, socket: directory.path('mute.sock'), answerMs: 100 });
    await source.start(events.emit);
    expect((await events.first('down')).why).toContain('does not answer');
    await source.stop();
    await close(mute);
  });

  test('one that talks something else', async () => {
    const other = await listen('o.sock', (socket) => {
      socket.resume();
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    source = createContainerdSource({ host: testHost, socket: directory.path('o.sock'), answerMs: 2_000 });
    await source.start(events.emit);
    expect((await events.first('down')).why).toContain('o.sock');
    await source.stop();
    await close(other);
  });
});
