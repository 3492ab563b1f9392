import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conmon } from '../../src/evidence/conmon.ts';
import { containerd } from '../../src/evidence/containerd.ts';
import { crio } from '../../src/evidence/cri-o.ts';
import { docker } from '../../src/evidence/docker.ts';
import { readLogrus } from '../../src/evidence/logrus.ts';
import type { Said, Witness } from '../../src/evidence/witness.ts';
import { NO_TIME, WallClock } from '../../src/kernel/framing/wall-time.ts';
import { parseTime } from '../../src/lib/time.ts';

const ID = 'c9'.repeat(32);
const POD = 'b8'.repeat(32);
const TIME = '2026-11-23T17:43:25.012345678Z';
const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';

function say(witness: Witness, lines: readonly string[], fields: Readonly<Record<string, string>> = {}): Said[] {
  const reader = witness.reader(new WallClock(NO_TIME));
  return lines.flatMap((text) => {
    const told = reader({ text, timeUs: null, field: (name) => fields[name] ?? null });
    if ('drop' in told) return [];
    if (!new RegExp(witness.pattern).test(text)) throw new Error(`not selected: ${text}`);
    return [...told];
  });
}

/** As logrus writes it: text, and JSON. */
const text = (msg: string): string => `time="${TIME}" level=info msg=${JSON.stringify(msg)}`;
const json = (msg: string): string => JSON.stringify({ level: 'info', msg, time: TIME });

describe.each([['text', text], ['JSON', json]] as const)('containerd, %s', (_, log) => {
  it.each([
    ['asked to stop', `StopContainer for "${ID}" with timeout 30 (s)`, { kind: 'stop-request', by: 'containerd', phase: 'stop', gracePeriodMs: 30_000, reason: 'unknown' }],
    ['sends the first signal', `Stop container "${ID}" with signal terminated`, { kind: 'stop-request', phase: 'stop', gracePeriodMs: null, signal: 'SIGTERM' }],
    ['kills', `Kill container "${ID}"`, { kind: 'stop-request', phase: 'kill', signal: 'SIGKILL' }],
    ['kills, 1.2', `Kill container "${ID}" init process`, { kind: 'stop-request', phase: 'kill', signal: 'SIGKILL' }],
    ['OOM, 1.6', `TaskOOM event &TaskOOM{ContainerID:${ID},XXX_unrecognized:[],}`, { kind: 'oom-event' }],
    ['OOM, 1.7', `TaskOOM event container_id:"${ID}"`, { kind: 'oom-event' }],
    ['start', `StartContainer for "${ID}" returns successfully`, { kind: 'container', startedUs: parseTime(TIME) }],
  ])('%s', (__, msg, told) => {
    expect(say(containerd, [log(msg)])).toMatchObject([{ ...told, about: { containerId: ID }, atUs: parseTime(TIME) }]);
  });

  it.each([
    ['1.3', `TaskExit event &TaskExit{ContainerID:${ID},ID:${ID},Pid:31408,ExitStatus:137,ExitedAt:2026-11-24 02:43:24.618338639 +0900 KST,}`],
    ['1.6', `TaskExit event &TaskExit{ContainerID:${ID},ID:${ID},Pid:31408,ExitStatus:137,ExitedAt:2026-11-23 17:43:24.618338639 +0000 UTC,XXX_unrecognized:[],}`],
    ['1.7', `received exit event container_id:"${ID}"  id:"${ID}"  pid:31408  exit_status:137  exited_at:{seconds:1795455804  nanos:618338639}`],
    ['1.7, handled late', `TaskExit event container_id:"${ID}" id:"${ID}" pid:31408 exit_status:137 exited_at:{seconds:1795455804 nanos:618338639}`],
    ['2.0', `received container exit event container_id:"${ID}"  id:"${ID}"  pid:31408  exit_status:137  exited_at:{seconds:1795455804  nanos:618338639}`],
  ])('an end, %s', (__, msg) => {
    expect(say(containerd, [log(msg)])).toMatchObject([{ kind: 'exit', exitCode: 137, atUs: parseTime('2026-11-23T17:43:24.618338Z'), about: { containerId: ID, pid: 31_408 } }]);
  });

  it('an end with 0, which protobuf leaves out', () => {
    expect(say(containerd, [log(`received exit event container_id:"${ID}"  id:"${ID}"  pid:7  exited_at:{seconds:1795455804}`)])).toMatchObject([{ exitCode: 0 }]);
  });

  it.each([
    ['an exec session', `received exit event container_id:"${ID}"  id:"${POD}"  pid:7  exit_status:137  exited_at:{seconds:1795455804}`],
    ['what could not be handled, told again', `failed to handle container TaskExit event container_id:"${ID}" id:"${ID}" pid:7 exit_status:2 exited_at:{seconds:1795455804}`],
    ['what is done', `StopContainer for "${ID}" returns successfully`],
    ['a name with a quote', `StopContainer for "x" with timeout 3 (s)" with timeout 30 (s)`],
    ['an image that looks like it', `PullImage "Kill container \\"${ID}\\""`],
  ])('not: %s', (__, msg) => {
    expect(say(containerd, [log(msg)])).toEqual([]);
  });

  it.each([
    ['gogo', `&PodSandboxMetadata{Name:cart-7d9f,Uid:${UID},Namespace:shop,Attempt:0,}`, '&ContainerMetadata{Name:app,Attempt:3,}'],
    ['protobuf', `name:"cart-7d9f"  uid:"${UID}"  namespace:"shop"`, 'name:"app"  attempt:3'],
  ])('who a container is, %s', (__, sandbox, container) => {
    const lines = [log(`RunPodSandbox for ${sandbox} returns sandbox id "${POD}"`), log(`CreateContainer within sandbox "${POD}" for ${container} returns container id "${ID}"`)];
    expect(say(containerd, lines)).toMatchObject([
      { kind: 'container', about: { containerId: POD, containerName: 'POD', podName: 'cart-7d9f' } },
      { kind: 'container', restartCount: 3, about: { containerId: ID, containerName: 'app', podName: 'cart-7d9f', podNamespace: 'shop', podUid: UID } },
    ]);
  });
});

describe('CRI-O', () => {
  const log = (msg: string, more = ''): string => `time="2026-11-23 17:43:25.012345678Z" level=info msg="${msg}" id=5a file="server/x.go:1" name=/runtime.v1.RuntimeService/StopContainer${more}`;

  it('is asked to stop, and tells who it was', () => {
    expect(say(crio, [log(`Stopping container: ${ID} (timeout: 30s)`)])).toMatchObject([{ kind: 'stop-request', by: 'cri-o', gracePeriodMs: 30_000, about: { containerId: ID }, atUs: parseTime(TIME) }]);
    expect(say(crio, [log(`Stopping container: ${ID}`)])).toMatchObject([{ kind: 'stop-request', phase: 'stop', gracePeriodMs: null, about: { containerId: ID } }]);
    expect(say(crio, [log(`Stopped container ${ID}: shop/cart-7d9f/app`)])).toMatchObject([{ kind: 'container', about: { containerId: ID, podNamespace: 'shop', podName: 'cart-7d9f', containerName: 'app' } }]);
    expect(say(crio, [log('Started container', ` PID=4711 containerID=${ID} description=shop/cart-7d9f/app sandboxID=${POD}`)])).toMatchObject([{ kind: 'container', startedUs: parseTime(TIME), about: { containerId: ID, pid: 4_711, podName: 'cart-7d9f' } }]);
  });

  it.each([
    ['to 1.23', 'timed out: timeout reached after 30 seconds waiting for container process to exit'],
    ['1.24 to 1.29', 'timed out. Killing'],
    ['1.30 and later', 'timed out. Killing...'],
  ])('kills, %s', (_, words) => {
    expect(say(crio, [log(`Stopping container ${ID} with stop signal ${words}`)])).toMatchObject([{ kind: 'stop-request', by: 'cri-o', phase: 'kill', signal: 'SIGKILL', about: { containerId: ID }, atUs: parseTime(TIME) }]);
  });

  it.each([`Stopping container ${ID} with stop signal timed out. Killing soon`, `Stopping container x with stop signal timed out. Killing`, `Stopping container: ${ID} (soon)`, 'Stopped container x: a/b/c', `Stopping pod sandbox: ${ID}`])('not: %s', (msg) => {
    expect(say(crio, [log(msg)])).toEqual([]);
  });
});

describe('Docker Engine', () => {
  const log = (msg: string, more = ''): string => `time="${TIME}" level=info msg=${JSON.stringify(msg)}${more}`;

  it.each([
    ['to 20.10', `Container ${ID} failed to exit within 30 seconds of signal 15 - using the force`, ''],
    ['since 23.0', 'Container failed to exit within 10s of signal 15 - using the force', ` container=${ID}`],
    ['after minutes', 'Container failed to exit within 1m30s of signal 3 - using the force', ` container=${ID}`],
    ['once more, since 23.0', 'Container failed to exit within 10s of kill - trying direct SIGKILL', ` container=${ID} error="context deadline exceeded"`],
  ])('kills, %s', (_, msg, more) => {
    expect(say(docker, [log(msg, more)])).toMatchObject([{ kind: 'stop-request', by: 'docker', phase: 'kill', signal: 'SIGKILL', about: { containerId: ID }, atUs: parseTime(TIME) }]);
  });

  it('once more, to 20.10, and names nobody', () => {
    expect(say(docker, [log(`Container ${ID.slice(0, 12)} failed to exit within 10 seconds of kill - trying direct SIGKILL`)])).toMatchObject([{ about: { containerId: null } }]);
  });

  it.each([`Container ${ID} failed to exit within a while of signal 15 - using the force`, `Container failed to exit within 10s of signal 15 - using the force, said ${ID}`, `image "Container ${ID} failed to exit within 30 seconds of signal 15 - using the force"`])('not: %s', (msg) => {
    expect(say(docker, [log(msg)])).toEqual([]);
  });
});

describe('conmon', () => {
  const line = `conmon ${ID.slice(0, 20)} <ninfo>: container 4711 exited with status 137`;
  it('tells an end, by the name of its unit', () => {
    expect(say(conmon, [line], { _SYSTEMD_UNIT: `crio-conmon-${ID}.scope` })).toMatchObject([{ kind: 'exit', exitCode: 137, runtime: 'cri-o', about: { containerId: ID, pid: 4_711 } }]);
    expect(say(conmon, [line], { _SYSTEMD_UNIT: `libpod-conmon-${ID}.scope` })).toMatchObject([{ runtime: 'podman' }]);
  });

  it('tells of an OOM once, though on cgroup v1 it says so twice', () => {
    const said = (text: string): string => `conmon ${ID.slice(0, 20)} <ninfo>: ${text}`;
    expect(say(conmon, [said('OOM received')], { _SYSTEMD_UNIT: `crio-conmon-${ID}.scope` })).toMatchObject([{ kind: 'oom-event', by: 'conmon', about: { containerId: ID } }]);
    expect(say(conmon, [said('OOM event received')], { _SYSTEMD_UNIT: `crio-conmon-${ID}.scope` })).toEqual([]);
    expect(say(conmon, [said('OOM received')])).toEqual([]);
  });

  it('not without one', () => {
    expect(say(conmon, [line])).toEqual([]);
    expect(say(conmon, [line], { _SYSTEMD_UNIT: `crio-${ID}.scope` })).toEqual([]);
  });
});

describe('logrus', () => {
  it('whatever a message holds, quoted as Go quotes it, comes back and changes no other field', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (msg) => {
      const line = readLogrus(`time="${TIME}" level=info msg=${JSON.stringify(msg)} id=x`);
      expect(line).toMatchObject({ text: msg, level: 'info', timeUs: parseTime(TIME), fields: { id: 'x' } });
    }), { numRuns: 300 });
  });

  it('the first field of a name counts', () => {
    expect(readLogrus(`time="${TIME}" level=info msg="a" msg="Kill container"`)?.text).toBe('a');
    expect(readLogrus(`msg="a" time="${TIME}"`)).toBeNull();
  });

  it('takes any line without harm', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('time="', 'msg="', '"', '\\', '=', ' ', '{', '}', 'Kill container ', '\n', 'TaskExit event &TaskExit{ContainerID:a,ID:a,', 'é'), { maxLength: 200 }), (parts) => {
      for (const witness of [containerd, crio, conmon]) say(witness, [parts.join(''), `time="${TIME}" level=info msg=${parts.join('')}`]);
    }), { numRuns: 300 });
  });
});
