import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDockerSource, type DockerSource } from '../../../src/sources/docker/docker-source.ts';
import { speaksDocker } from '../../../src/sources/docker/probe.ts';
import { Events, testHost } from '../grpc/events.ts';
import { FakeEngine, idOf } from './fake-engine.ts';

const at = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe('Docker Engine', () => {
  let engine: FakeEngine;
  let events: Events;
  let source: DockerSource;

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.listen();
    events = new Events();
    source = createDockerSource({ host: testHost, socket: engine.socket, heartbeatMs: 50 });
  });
  afterEach(async () => {
    await source.stop();
    await engine.close();
  });
  const up = async (): Promise<void> => {
    await source.start(events.emit);
    await events.first('up');
  };

  test('lists what lives and what ended while the agent was away', async () => {
    const lives = engine.put('lives', { Running: true, Pid: 4711, StartedAt: at(-9_000), FinishedAt: '0001-01-01T00:00:00Z' }, { HostConfig: { Memory: 33554432 } });
    const dead = engine.put('dead', { StartedAt: at(-9_000), FinishedAt: '2026-01-02T03:04:05.123456789Z', ExitCode: 137, OOMKilled: true });
    engine.containers.get(dead)!.State['StartedAt'] = '2026-01-02T03:04:00Z';
    engine.put('never', { StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' });
    await up();
    expect((await events.containerOf(lives)).container).toMatchObject({ runtime: 'docker', containerName: 'lives', initPid: 4711, memoryLimitBytes: 33554432, podName: null });
    expect((await events.exitOf(dead)).exit).toMatchObject({ exitCode: 137, finishedAt: '2026-01-02T03:04:05.123456Z', runtimeReason: 'OOMKilled', image: 'img:1' });
    expect(events.of('exit')).toHaveLength(1);
  });

  test('asks by these GETs and nothing else', async () => {
    const id = engine.put('lives', { Running: true, Pid: 1, StartedAt: at(-9_000) });
    await up();
    engine.send(engine.event('die', id, at(0), { exitCode: '1' }));
    await events.exitOf(id);
    await events.until(() => engine.asked.includes('GET /_ping'), 'a ping');
    const allowed = /^GET \/(?:version|_ping|containers\/json\?all=true|containers\/[0-9a-f]{64}\/json|events\?since=\d+\.\d{6}&filters=[\w%.]+)$/;
    expect(engine.asked.filter((one) => !allowed.test(one))).toEqual([]);
    expect(new Set(engine.asked.map((one) => one.replace(/\?.*|[0-9a-f]{64}/g, '')))).toEqual(new Set(['GET /version', 'GET /events', 'GET /containers/json', 'GET /containers//json', 'GET /_ping']));
  });

  test('an end for each life of a container that is started again', async () => {
    const started = at(-5_000);
    const id = engine.put('again', { Running: true, Pid: 100, StartedAt: started });
    await up();
    const finished = at(100);
    engine.put('again', { Running: true, Pid: 200, StartedAt: at(200), FinishedAt: finished });
    engine.send(engine.event('die', id, at(150), { exitCode: '137' }));
    engine.send(engine.event('start', id, at(201)));
    await events.until(() => events.of('container').some(({ container }) => container.initPid === 200), 'the second life');
    engine.put('again', { StartedAt: engine.containers.get(id)!.State['StartedAt'], FinishedAt: at(300), ExitCode: 3 });
    engine.send(engine.event('die', id, at(400), { exitCode: '3' }));
    await events.until(() => events.of('exit').length === 2, 'two ends');
    const [one, two] = events.of('exit').map(({ exit }) => exit);
    expect(one).toMatchObject({ exitCode: 137, initPid: 100, finishedAt: finished.replace('Z', '000Z') });
    expect(two).toMatchObject({ exitCode: 3, initPid: 200 });
  });

  test('lives that came and went while the stream was broken are told from where it broke', async () => {
    const id = engine.put('again', { Running: true, Pid: 100, StartedAt: at(-5_000) });
    await up();
    engine.put('again', { Running: true, Pid: 300, StartedAt: at(400), FinishedAt: at(300) });
    engine.replay = [engine.event('die', id, at(100), { exitCode: '137' }), engine.event('start', id, at(200)), engine.event('die', id, at(301), { exitCode: '9' }), engine.event('start', id, at(401))];
    engine.breakStreams();
    await events.until(() => events.of('exit').length >= 2, 'both ends');
    expect(events.of('exit').map(({ exit }) => [exit.exitCode, exit.initPid])).toEqual([[137, 100], [9, null]]);
    expect(events.of('gap')).toEqual([]);
    expect(engine.asked.filter((one) => one.startsWith('GET /events')).length).toBe(2);
  });

  test('a container that vanished unseen is a gap; one removed after its end is none', async () => {
    const lost = engine.put('lost', { Running: true, Pid: 100, StartedAt: at(-5_000) });
    const rm = engine.put('rm', { Running: true, Pid: 101, StartedAt: at(-5_000) });
    await up();
    engine.containers.clear();
    engine.replay = [engine.event('die', rm, at(0), { exitCode: '137', name: 'rm' }), engine.event('destroy', rm, at(1))];
    engine.breakStreams();
    expect((await events.first('gap')).why).toContain(lost.slice(0, 12));
    expect((await events.exitOf(rm)).exit).toMatchObject({ exitCode: 137, initPid: 101, containerName: 'rm' });
    expect(events.of('gap')).toHaveLength(1);
  });

  test('who was asked to end, and by which signal', async () => {
    const id = engine.put('asked', { Running: true, Pid: 100, StartedAt: at(-5_000) });
    await up();
    for (const signal of ['1', '15', '9']) engine.send(engine.event('kill', id, at(0), { signal }));
    engine.send(engine.event('oom', id, at(0)));
    await events.first('witness', ({ fact }) => fact.kind === 'oom-event');
    const facts = events.of('witness').map(({ fact }) => fact);
    expect(facts.map((fact) => (fact.kind === 'stop-request' ? [fact.phase, fact.signal] : fact.kind))).toEqual([['stop', 'SIGTERM'], ['kill', 'SIGKILL'], 'oom-event']);
    expect(facts[0]).toMatchObject({ witness: 'docker', trust: 'api', about: { containerId: id } });
    expect(source.dropped()).toMatchObject({ 'signal-that-asks-for-no-end': 1 });
  });

  test('an OOM kill that the engine hears of after the end is told as the reason of that end', async () => {
    const id = engine.put('late', { Running: true, Pid: 100, StartedAt: at(-5_000) });
    await up();
    const ended = { StartedAt: engine.containers.get(id)!.State['StartedAt'], FinishedAt: at(0), ExitCode: 137 };
    engine.put('late', ended);
    engine.send(engine.event('die', id, at(1), { exitCode: '137' }));
    expect((await events.exitOf(id)).exit.runtimeReason).toBe('Error');
    engine.put('late', { ...ended, OOMKilled: true });
    engine.send(engine.event('oom', id, at(2)));
    await events.until(() => events.of('exit').length === 2, 'the end once more');
    const [first, second] = events.of('exit').map(({ exit }) => exit);
    expect(second).toEqual({ ...first, runtimeReason: 'OOMKilled' });
  });

  test('a stop before the agent came is told, its end from the list alone', async () => {
    const id = engine.put('old', { StartedAt: at(-60_000), FinishedAt: at(-30_000), ExitCode: 137 });
    engine.replay = [engine.event('kill', id, at(-30_010), { signal: '9' }), engine.event('die', id, at(-29_900), { exitCode: '137' })];
    await up();
    await events.first('witness');
    expect(events.of('exit')).toHaveLength(1);
    expect(source.dropped()).toMatchObject({ 'exit-before-the-list': 1 });
  });

  test("Kubernetes' names by cri-dockerd's labels, and a pod's sandbox", async () => {
    const labels = { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.pod.uid': '0d5e7a3c-1111-2222-3333-444455556666' };
    const more = (extra: Record<string, string>) => ({ Config: { Image: 'i', Labels: { ...labels, ...extra } } });
    const web = engine.put('k8s_web', { Running: true, Pid: 2, StartedAt: at(-1_000) }, more({ 'io.kubernetes.container.name': 'web', 'io.kubernetes.docker.type': 'container', 'annotation.io.kubernetes.container.restartCount': '3' }));
    const pod = engine.put('k8s_POD', { Running: true, Pid: 3, StartedAt: at(-1_000) }, more({ 'io.kubernetes.docker.type': 'podsandbox' }));
    await up();
    expect((await events.containerOf(web)).container).toMatchObject({ podName: 'web-0', podNamespace: 'shop', containerName: 'web', restartCount: 3 });
    expect((await events.containerOf(pod)).container.containerName).toBe('POD');
  });

  test('torn, foreign and huge answers are counted, and what follows them is read', async () => {
    const id = engine.put('lives', { Running: true, Pid: 5, StartedAt: at(-9_000) });
    engine.containers.set(idOf('odd'), { Id: idOf('odd'), State: { Running: 'yes' } });
    engine.containers.set('../../evil', { Id: '../../evil', State: {} });
    await up();
    engine.send('{"Type":"container","Action"\n[]\n{"Type":"network","Action":"x"}\n');
    engine.send(engine.event('die', '../../x', at(0), { exitCode: '1' }));
    engine.send(`${'x'.repeat(1_100_000)}\n`);
    const whole = engine.event('die', id, at(0), { exitCode: '7' });
    engine.send(whole.slice(0, 40));
    engine.send(whole.slice(40));
    expect((await events.exitOf(id)).exit.exitCode).toBe(7);
    expect(source.dropped()).toMatchObject({ 'unreadable-event': 5, 'event-too-long': 1, 'unreadable-container': 2 });
  });

  test('a container that could not be described is looked at again', async () => {
    const id = engine.put('locked', { StartedAt: at(-9_000), FinishedAt: at(-8_000), ExitCode: 4 });
    let times = 0;
    engine.intercept = (url, response) => {
      if (!url.startsWith(`/containers/${id}`) || (times += 1) > 1) return false;
      response.writeHead(500).end();
      return true;
    };
    await up();
    expect((await events.exitOf(id)).exit.exitCode).toBe(4);
  });

  test('an engine that hangs is told, and taken up again when it answers', async () => {
    await source.stop();
    source = createDockerSource({ host: testHost, socket: engine.socket, heartbeatMs: 50, answerMs: 500 });
    await up();
    engine.intercept = (url) => url === '/_ping' || url === '/version';
    expect((await events.first('down')).why).toContain('does not answer');
    engine.intercept = () => false;
    await events.until(() => events.of('up').length === 2, 'up again');
  });

  test('a stream of events that hangs while the engine answers is found out by what the list says, and begun anew', async () => {
    const id = engine.put('lives', { Running: true, Pid: 4711, StartedAt: at(-9_000), FinishedAt: '0001-01-01T00:00:00Z' });
    await source.stop();
    source = createDockerSource({ host: testHost, socket: engine.socket, heartbeatMs: 50, compareMs: 100 });
    await up();
    await events.until(() => engine.asked.filter((one) => one.includes('/containers/json')).length > 4, 'comparisons');
    expect(events.of('down')).toEqual([]);
    // It ends, and no event tells.
    engine.put('lives', { StartedAt: at(-9_000), FinishedAt: at(0), ExitCode: 137 });
    expect((await events.first('down')).why).toContain(`its stream of events hangs: it has told nothing of 1 container(s) that started or ended (${id.slice(0, 12)})`);
    expect((await events.exitOf(id)).exit.exitCode).toBe(137);
    await events.until(() => events.of('up').length === 2, 'up again');
  });

  test('an answer without end, and a socket of nobody', async () => {
    engine.intercept = (url, response) => {
      if (url !== '/version') return false;
      const more = (): void => {
        if (response.write('x'.repeat(65_536))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
      return true;
    };
    await source.start(events.emit);
    expect((await events.first('down')).why).toContain('longer than');
    expect(await speaksDocker(testHost, engine.socket)).toBe(true);
    expect(await speaksDocker(testHost, `${engine.socket}.none`)).toBeNull();
  });
});
