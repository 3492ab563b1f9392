import { expect } from 'vitest';
import containerdProto from '../../proto/containerd.proto';
import criProto from '../../proto/cri.proto';
import { containerSchema, containerExitSchema, type Container } from '../../src/model/container-exit.ts';
import { describeContainer } from '../../src/sources/containerd/identity.ts';
import { readEvent } from '../../src/sources/containerd/events.ts';
import { containerReplySchema } from '../../src/sources/containerd/messages.ts';
import { containerOfStatus, exitOfStatus } from '../../src/sources/cri/identity.ts';
import { statusReplySchema } from '../../src/sources/cri/messages.ts';
import { readEvent as readEngineEvent } from '../../src/sources/docker/event.ts';
import { killFact } from '../../src/sources/docker/facts.ts';
import { describe as describeInspect } from '../../src/sources/docker/identity.ts';
import { endOf, exitOf, reasonOf } from '../../src/sources/docker/lives.ts';
import { inspectSchema } from '../../src/sources/docker/messages.ts';
import { loadProto } from '../../src/sources/grpc/proto-codec.ts';
import { createTally } from '../../src/sources/grpc/tally.ts';
import { parseJson } from '../../src/sources/oci-spec.ts';
import { containerOfLog } from '../../src/sources/pod-logs/log-name.ts';
import { fuzz } from './support/fuzz.ts';

const ID = 'ab'.repeat(32);
const UID = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
const LABELS = { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.pod.uid': UID, 'io.kubernetes.container.name': 'web', 'io.cri-containerd.kind': 'container' };
const SPEC = JSON.stringify({ linux: { cgroupsPath: `kubepods-burstable-pod${UID}.slice:cri-containerd:${ID}`, resources: { memory: { limit: 134217728 } } } });
const TOKENS = ['__proto__', 'constructor', '"', '{', '}', '[', ']', ',', ':', 'null', 'true', '1e400', '-1', '99999999999999999999', '\\ud800', '\0', '\xFF\xFF\xFF\xFF\x0F', '\x08', '\x12\x80\x01', 'é', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z'];
const REFUSED = null;

const containerd = await loadProto(containerdProto);
const cri = await loadProto(criProto);
const at = { seconds: '1795455805', nanos: 476991000 };
const event = (topic: string, type: string, fields: Record<string, unknown>): Buffer =>
  containerd.encode('Envelope', { timestamp: at, namespace: 'k8s.io', topic, event: { typeUrl: 'x', value: containerd.encode(type, fields) } });

function fit(container: Container): void {
  expect(containerSchema.safeParse(container)).toMatchObject({ success: true });
}

/** What cannot be read is refused by an error, which sources count; that is no harm. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return REFUSED;
  }
}

fuzz({
  name: 'containerd events',
  seeds: [
    event('/tasks/start', 'TaskStart', { containerId: ID, pid: 4242 }),
    event('/tasks/exit', 'TaskExit', { containerId: ID, id: ID, pid: 4242, exitStatus: 137, exitedAt: at }),
    event('/containers/delete', 'ContainerChange', { id: ID }),
  ],
  tokens: [...TOKENS, '/tasks/exit', '/tasks/start', '/containers/create', ID],
  check(input) {
    const read = orRefused(() => readEvent(containerd, input));
    if (read?.type !== 'exit') return;
    expect(Number.isInteger(read.exitCode)).toBe(true);
    expect(read.exitedAt === null || Number.isSafeInteger(read.exitedAt)).toBe(true);
  },
});

fuzz({
  name: 'containerd containers',
  seeds: [containerd.encode('GetContainerResponse', { container: { id: ID, labels: LABELS, image: 'img:1', runtime: { name: 'io.containerd.runc.v2' }, spec: { typeUrl: 'x', value: Buffer.from(SPEC) } } })],
  tokens: TOKENS,
  check(input) {
    const reply = orRefused(() => containerReplySchema.parse(containerd.decode('GetContainerResponse', input)));
    if (reply !== null) fit(describeContainer('k8s.io', reply.container, createTally()));
  },
});

fuzz({
  name: 'CRI status',
  seeds: [
    cri.encode('ContainerStatusResponse', {
      status: { id: ID, metadata: { name: 'web', attempt: 3 }, state: 2, startedAt: '1795455800000000000', finishedAt: '1795455805476991000', exitCode: 137, image: { image: 'img:1' }, imageRef: 'sha256:1', reason: 'OOMKilled', labels: LABELS, annotations: { 'io.kubernetes.container.restartCount': '3' } },
      info: { info: `{"pid":4242,"runtimeType":"io.containerd.runc.v2","runtimeSpec":${SPEC}}` },
    }),
  ],
  tokens: TOKENS,
  check(input) {
    const reply = orRefused(() => statusReplySchema.parse(cri.decode('ContainerStatusResponse', input)));
    if (reply === null) return;
    const container = containerOfStatus('containerd', reply, createTally());
    fit(container);
    const exit = exitOfStatus(container, reply.status);
    if (exit !== null) expect(containerExitSchema.safeParse(exit)).toMatchObject({ success: true });
  },
});

fuzz({
  name: 'Docker Engine events',
  seeds: [
    JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID, Attributes: { image: 'img:1', name: 'web', exitCode: '137' } }, time: 1795455805, timeNano: 1795455805476991000 }),
    JSON.stringify({ Type: 'container', Action: 'kill', Actor: { ID, Attributes: { image: 'img:1', name: 'web', signal: '9' } }, time: 1795455805, timeNano: 1795455805476991000 }),
  ],
  tokens: [...TOKENS, '"signal":"', 'SIG', '"Action":"oom"', '"Attributes":'],
  check(input) {
    const read = readEngineEvent(input);
    if (read === null) return;
    expect(read.id).toMatch(/^[0-9a-f]{64}$/);
    expect(Number.isSafeInteger(read.time)).toBe(true);
    const fact = killFact('docker', 'docker', read, null);
    if (fact?.kind === 'stop-request') expect(fact.signal?.length ?? 0).toBeLessThan(32);
  },
});

fuzz({
  name: 'Docker Engine inspect',
  seeds: [JSON.stringify({ Id: ID, Name: '/web', RestartCount: 1, State: { Running: false, Restarting: false, OOMKilled: true, Pid: 0, ExitCode: 137, Error: '', StartedAt: '2026-11-23T17:43:20.1Z', FinishedAt: '2026-11-23T17:43:25.476991Z' }, Config: { Image: 'img:1', Labels: LABELS, StopSignal: 'SIGTERM' }, HostConfig: { Memory: 134217728 } })],
  tokens: TOKENS,
  check(input) {
    const parsed = inspectSchema.safeParse(parseJson(Buffer.from(input).toString('utf8')));
    if (!parsed.success) return;
    const container = describeInspect('docker', parsed.data);
    fit(container);
    const ended = endOf(parsed.data);
    if (ended !== null) expect(containerExitSchema.safeParse(exitOf(container, parsed.data.State.ExitCode, ended, reasonOf(parsed.data.State.ExitCode, parsed.data)))).toMatchObject({ success: true });
  },
});

fuzz({
  name: 'names of container logs',
  seeds: [`web-0_shop_web-${ID}.log\n/var/log/pods/shop_web-0_${UID}/web/3.log`],
  tokens: ['_', '-', '.', '/', '..', ID, UID, '.log', 'web', '\n'],
  check(input) {
    const [name = '', target = null] = Buffer.from(input).toString('utf8').split('\n');
    const container = containerOfLog(name, target);
    if (container === null) return;
    fit(container);
    expect(name).toContain(container.containerId);
    expect(container.podName).not.toContain('/');
  },
});
