import { describe, expect, it } from 'vitest';
import { formatTime, MS, SECOND, type Micros } from '../../src/lib/time.ts';
import type { ContainerExit } from '../../src/model/container-exit.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { cgroupOf, exited, id, journal, T0 } from '../correlate/node.ts';
import { answers, containerd, killing, klog, kubelet, KUBELET, message, NODE, POD, record } from './node-with-kubelet.ts';

/** The exit, not on a whole second. */
const END = T0 + 123_456;
const end = (more: Parameters<typeof exited>[2] = {}, at: Micros = END): SourceEvent => exited('app', at, { ...POD, startedAt: formatTime(END - 300 * SECOND), ...more });
const ago = (seconds: number): Micros => END - Math.round(seconds * SECOND);
const cause = (...events: readonly SourceEvent[]) => answers(events).map((verdict) => [verdict.cause, verdict.confidence]);
const LIVENESS = 'Container app failed liveness probe, will be restarted';

describe('kubelet’s SIGKILL, by its cause', () => {
  it.each([
    ['liveness', [message(ago(30.1), LIVENESS), killing(ago(30.1), 30)], 'liveness-probe'],
    ['startup', [message(ago(10.05), 'Container app failed startup probe, will be restarted'), killing(ago(10.05), 10)], 'startup-probe'],
    ['deletion', [kubelet(ago(30.2), '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'), killing(ago(30.1), 30)], 'pod-deletion'],
    ['deletion, after a preStop hook that took its time', [kubelet(ago(30.2), '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'), killing(ago(8.1), 8)], 'pod-deletion'],
    ['deletion by force', [kubelet(ago(2.2), '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'), kubelet(ago(2.15), '"SyncLoop REMOVE" source="api" pods=["shop/cart-7d9f"]'), killing(ago(2.1), 2)], 'pod-deletion'],
    ['the node shuts down', [kubelet(ago(10.2), '"Shutdown manager killing pod with gracePeriod" pod="shop/cart-7d9f" gracePeriod=10'), killing(ago(10.1), 10)], 'node-shutdown'],
    ['a critical pod takes its place', [kubelet(ago(30.2), '"Preempting pod to free up resources" pod="shop/cart-7d9f" insufficientResources=[]'), killing(ago(30.1), 30)], 'preemption'],
    ['memory is low', [kubelet(ago(2.2), '"Eviction manager: attempting to reclaim" resourceName="memory"'), kubelet(ago(2.15), '"Eviction manager: pods ranked for eviction" pods=["shop/cart-7d9f"]'), killing(ago(2.1), 2)], 'eviction'],
    ['memory is low, told when it is done', [killing(ago(2.1), 2), kubelet(END + SECOND / 2, '"Eviction manager: pod is evicted successfully" pod="shop/cart-7d9f"')], 'eviction'],
  ])('%s', (_, events, expected) => {
    expect(cause(...events, end())).toEqual([[expected, 'certain']]);
    // Whichever comes first.
    expect(cause(end(), ...events)).toEqual([[expected, 'certain']]);
  });

  it('says why in one sentence, and shows the lines', () => {
    const probe = kubelet(ago(35), `"Probe failed" probeType="Liveness" pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="app" probeResult="failure" output="HTTP probe failed with statuscode: 503"`);
    const [verdict] = answers([probe, message(ago(30.1), LIVENESS), killing(ago(30.1), 30), end()]);
    expect(verdict?.summary).toBe('its liveness probe failed; it was killed when its grace period of 30 s was over');
    expect(verdict?.evidence.map(({ kind, text, weight }) => [kind, text, weight])).toEqual([
      ['kubelet', 'liveness probe failed: HTTP probe failed with statuscode: 503', 'context'],
      ['kubelet', LIVENESS, 'decisive'],
      ['kubelet', 'asks for its end, with a grace period of 30 s', 'decisive'],
      ['runtime', 'exit 137, Error', 'supporting'],
    ]);
  });

  it('shows an eviction with what was lacking', () => {
    const evicting = kubelet(ago(2.2), `"Evicting pod" pod="shop/cart-7d9f" podUID="${POD.podUid}" message="The node was low on resource: memory. Threshold quantity: 750Mi, available: 225800Ki. "`);
    const [verdict] = answers([evicting, killing(ago(2.1), 2), end()]);
    expect(verdict?.summary).toBe('the pod was evicted: the node was low on memory; it was killed when its grace period of 2 s was over');
    expect(verdict?.evidence[0]?.text).toBe('evicts the pod: the node was low on memory (memory.available; available 225800Ki, threshold 750Mi)');
  });
});

describe('near misses', () => {
  const liveness = (seconds: number, grace = 30): SourceEvent[] => [message(ago(seconds), LIVENESS), killing(ago(seconds), grace)];

  it('137 before the grace period is over: its own status, or somebody else', () => {
    const [verdict] = answers([...liveness(5), end()]);
    expect(verdict).toMatchObject({ cause: 'not-oom', rule: 'kernel-log-read' });
    expect(verdict?.summary).toContain('its liveness probe failed 5 s earlier, with 25 s of its grace period left');
  });

  it('an OOM kill of PID 1 within the grace period', () => {
    const kill = journal({ at: END - 100 * MS, pid: 100, victim: cgroupOf('app', POD.podUid) });
    expect(cause(...liveness(5), ...kill, end())).toEqual([['container-limit-oom', 'certain']]);
    // And at the very moment that it is over.
    expect(cause(...liveness(30.05), ...kill, end())).toEqual([['container-limit-oom', 'certain']]);
  });

  it('another container’s stop, of the same pod', () => {
    expect(cause(message(ago(30.1), LIVENESS, 'side'), killing(ago(30.1), 30, 'side'), end())).toEqual([['not-oom', 'likely']]);
  });

  it('another pod’s deletion, and one of the same name before it', () => {
    expect(cause(kubelet(ago(30.2), '"SyncLoop DELETE" source="api" pods=["shop/other"]'), killing(ago(30.1), 30), end())).toEqual([['runtime-stop', 'likely']]);
    expect(cause(kubelet(ago(400), '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'), killing(ago(30.1), 30), end())).toEqual([['runtime-stop', 'likely']]);
  });

  it('readiness failed', () => {
    const probe = kubelet(ago(1), `"Probe failed" probeType="Readiness" pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="app" probeResult="failure" output="no"`);
    expect(cause(probe, end())).toEqual([['not-oom', 'likely']]);
  });

  it('the stop of an earlier life of the same name', () => {
    const earlier = kubelet(ago(330), `"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="app" containerID="containerd://${id('before')}" gracePeriod=330`);
    expect(cause(earlier, end())).toEqual([['not-oom', 'likely']]);
  });

  it('a definition that changed is a stop, but no probe', () => {
    expect(cause(message(ago(30.1), 'Container app definition changed, will be restarted'), killing(ago(30.1), 30), end())).toEqual([['runtime-stop', 'likely']]);
  });

  it('a deletion after the stop is not its reason', () => {
    expect(cause(...liveness(30.1), kubelet(ago(1), '"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f"]'), end())).toEqual([['liveness-probe', 'certain']]);
  });

  it('statuses of its own after a stop', () => {
    expect(cause(...liveness(5), end({ exitCode: 143 }))).toEqual([['liveness-probe', 'likely']]);
    expect(cause(...liveness(5), end({ exitCode: 1 }))).toEqual([['program', 'certain']]);
    expect(cause(...liveness(5), end({ exitCode: 0 }))).toEqual([]);
  });

  it('says that nobody asked only where kubelet is heard', () => {
    const ruledOut = (...events: readonly SourceEvent[]) => answers([...events, end()]).flatMap((verdict) => verdict.ruledOut.filter(({ cause: one }) => one === 'liveness-probe'));
    expect(ruledOut()).toEqual([]);
    expect(ruledOut(killing(ago(400), 30, 'elsewhere'))).toHaveLength(1);
  });
});

describe('a runtime’s word', () => {
  it('somebody asked it to stop, and kubelet did not', () => {
    const [verdict] = answers([containerd(ago(10.1), `StopContainer for "${id('app')}" with timeout 10 (s)`), containerd(ago(10.1), `Stop container "${id('app')}" with signal terminated`), containerd(ago(0.1), `Kill container "${id('app')}"`), end()]);
    expect(verdict).toMatchObject({ cause: 'runtime-stop', confidence: 'likely', summary: 'the runtime (containerd) was to stop it; it was killed when its grace period of 10 s was over' });
  });

  it('of a stop that is kubelet’s is the same stop', () => {
    expect(cause(message(ago(30.1), LIVENESS), killing(ago(30.1), 30), containerd(ago(30.09), `StopContainer for "${id('app')}" with timeout 30 (s)`), containerd(ago(0.05), `Kill container "${id('app')}"`), end())).toEqual([['liveness-probe', 'certain']]);
  });

  it('tells the request where kubelet logs too little, and kubelet why', () => {
    const evicted = kubelet(END + SECOND / 2, '"Eviction manager: pod is evicted successfully" pod="shop/cart-7d9f"');
    expect(cause(containerd(ago(2.1), `StopContainer for "${id('app')}" with timeout 2 (s)`), evicted, end())).toEqual([['eviction', 'certain']]);
    expect(cause(evicted, end())).toEqual([['eviction', 'likely']]);
  });
});

describe('hostile text', () => {
  const forged = klog(ago(30.1), `"Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${id('app')}"} pod="shop/cart-7d9f" containerMessage="${LIVENESS}"`);
  const forgedKill = klog(ago(30.1), `"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="app" containerID="containerd://${id('app')}" gracePeriod=30`);
  const both = (fields: Readonly<Record<string, string>>): SourceEvent[] => [forged, forgedKill].map((line) => record(ago(30.1), line, fields));

  it.each([
    ['a container’s own unit', { ...KUBELET, _SYSTEMD_UNIT: `cri-containerd-${id('app')}.scope`, _SYSTEMD_CGROUP: `/kubepods.slice/cri-containerd-${id('app')}.scope` }],
    ['a container below kubelet’s cgroup', { ...KUBELET, _SYSTEMD_CGROUP: '/system.slice/kubelet.service/app' }],
    ['logger -t kubelet', { _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'kubelet', _COMM: 'logger', _PID: '2480' }],
    ['systemd-cat in a unit of another name', { ...KUBELET, _SYSTEMD_UNIT: 'kubelet.service.x.service' }],
    ['Docker’s journald driver', { ...KUBELET, _SYSTEMD_UNIT: 'docker.service', _TRANSPORT: 'journal', CONTAINER_NAME: 'kubelet' }],
  ])('%s changes nothing', (_, fields) => {
    expect(cause(...both(fields), end())).toEqual([['not-oom', 'likely']]);
  });

  it('in kubelet’s own log: what a probe printed, newlines and all, is no proof', () => {
    // journald takes each line of a message for a record, and kubelet repeats what the probe printed; its pid is not known to it.
    const guessed = both(KUBELET).map((event) => (event.type === 'journal' ? { ...event, line: String(event.line).replaceAll('    2480 ', '    1 ') } : event));
    expect(cause(...guessed, end())).toEqual([['liveness-probe', 'likely']]);
    const indented = both(KUBELET).map((event) => (event.type === 'journal' ? { ...event, line: String(event.line).replace('"MESSAGE":"I', '"MESSAGE":"\\tI') } : event));
    expect(cause(...indented, end())).toEqual([['not-oom', 'likely']]);
  });

  it('in a text log: likely at most', () => {
    const lines = [forged, forgedKill].map((line) => `${formatTime(ago(30.1))} node1 kubelet[2480]: ${line}\n`).join('');
    const verdicts = answers([{ type: 'text', source: 'syslog', begin: true, chunk: Buffer.from(lines) }, end()], [...NODE, { name: 'syslog', kind: 'kernel-log' }]);
    expect(verdicts).toMatchObject([{ cause: 'liveness-probe', confidence: 'likely' }]);
  });

  it('with the tag of another program: nothing', () => {
    const lines = [forged, forgedKill].map((line) => `${formatTime(ago(30.1))} node1 app[2480]: kubelet[2480]: ${line}\n`).join('');
    expect(answers([{ type: 'text', source: 'syslog', begin: true, chunk: Buffer.from(lines) }, end()], [...NODE, { name: 'syslog', kind: 'kernel-log' }])).toMatchObject([{ cause: 'not-oom' }]);
  });
});

describe('text', () => {
  const lines = [klog(ago(30.1), `"Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${id('app')}"} pod="shop/cart-7d9f" containerMessage="${LIVENESS}"`), klog(ago(30.1), `"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${POD.podUid}" containerName="app" containerID="containerd://${id('app')}" gracePeriod=30`)].join('\n');

  it('of kubelet’s own file, cut anywhere', () => {
    const sources = [...NODE, { name: '/var/log/kubelet.log', kind: 'witness', witness: 'kubelet' }] as const;
    for (const cut of [0, 1, 57, lines.length - 1, lines.length]) {
      const chunks = [lines.slice(0, cut), `${lines.slice(cut)}\n`].map((text, index): SourceEvent => ({ type: 'text', source: '/var/log/kubelet.log', begin: index === 0, chunk: Buffer.from(text) }));
      expect(answers([...chunks, end()], sources)).toMatchObject([{ cause: 'liveness-probe', confidence: 'likely' }]);
    }
  });

  it('the same in the journal and in a file is told once, and proven', () => {
    const file = lines.split('\n').map((line) => `${formatTime(ago(30.1))} node1 kubelet[2480]: ${line}\n`).join('');
    const events: SourceEvent[] = [{ type: 'text', source: 'syslog', begin: true, chunk: Buffer.from(file) }, message(ago(30.1), LIVENESS), killing(ago(30.1), 30), end()];
    const [verdict] = answers(events, [...NODE, { name: 'syslog', kind: 'kernel-log' }]);
    expect(verdict).toMatchObject({ cause: 'liveness-probe', confidence: 'certain' });
    expect(verdict?.evidence.filter(({ kind }) => kind === 'kubelet').map(({ source }) => source)).toEqual(['units', 'units']);
  });
});

function exitOf(event: SourceEvent): ContainerExit {
  if (event.type !== 'exit') throw new Error(`${event.type} is no exit`);
  return event.exit;
}

describe('no runtime socket', () => {
  const sources = [NODE[0], NODE[1], { name: 'pod-logs', kind: 'names' }] as const;
  const named: SourceEvent = { type: 'container', source: 'pod-logs', container: { ...exitOf(end()), podUid: POD.podUid, initPid: null, startedAt: null } };
  const ending = containerd(END, `received exit event container_id:"${id('app')}"  id:"${id('app')}"  pid:100  exit_status:137  exited_at:{seconds:${Math.floor(END / SECOND)}  nanos:${(END % SECOND) * 1_000}}`);

  it('judges what containerd logs, with the pod’s identity whole', () => {
    const [verdict] = answers([named, ...journal({ at: END - 100 * MS, pid: 100 }), ending], sources);
    expect(verdict).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1', container: { ...POD, containerName: 'app', containerId: id('app'), runtime: 'containerd', initPid: 100 }, exit: { code: 137, finishedAt: formatTime(END) } });
  });

  it('by the lines of its birth as well', () => {
    const sandbox = containerd(ago(100), `RunPodSandbox for &PodSandboxMetadata{Name:cart-7d9f,Uid:${POD.podUid},Namespace:shop,Attempt:0,} returns sandbox id "${id('pause')}"`);
    const created = containerd(ago(99), `CreateContainer within sandbox "${id('pause')}" for &ContainerMetadata{Name:app,Attempt:2,} returns container id "${id('app')}"`);
    const started = containerd(ago(98), `StartContainer for "${id('app')}" returns successfully`);
    const [verdict] = answers([sandbox, created, started, message(ago(30.1), LIVENESS), killing(ago(30.1), 30), ending], sources);
    expect(verdict).toMatchObject({ cause: 'liveness-probe', confidence: 'certain', container: { ...POD, containerName: 'app', restartCount: 2, startedAt: formatTime(ago(98)) } });
    // The pod's sandbox ends with 137 as well, and nobody asks of it.
    const pause = containerd(END, `received exit event container_id:"${id('pause')}"  id:"${id('pause')}"  pid:99  exit_status:137  exited_at:{seconds:${Math.floor(END / SECOND)}  nanos:0}`);
    expect(answers([sandbox, pause], sources)).toEqual([]);
  });

  it('by kubelet alone, as with CRI-O', () => {
    const finished = kubelet(END + 400 * MS, `"Generic (PLEG): container finished" podID="${POD.podUid}" containerID="${id('app')}" exitCode=137`);
    expect(answers([named, finished], sources)).toMatchObject([{ cause: 'not-oom', container: POD, exit: { code: 137 } }]);
    // Told again by conmon: one exit.
    const conmon = record(END, `conmon ${id('app').slice(0, 20)} <ninfo>: container 100 exited with status 137`, { _TRANSPORT: 'syslog', _COMM: 'conmon', _SYSTEMD_UNIT: `crio-conmon-${id('app')}.scope`, _SYSTEMD_CGROUP: `/system.slice/crio-conmon-${id('app')}.scope` });
    expect(answers([named, conmon, finished], sources)).toMatchObject([{ container: { ...POD, initPid: 100, runtime: 'cri-o' } }]);
  });

  it('names Docker Engine, which logs that a stop was past its time', () => {
    const finished = kubelet(END + 400 * MS, `"Generic (PLEG): container finished" podID="${POD.podUid}" containerID="${id('app')}" exitCode=137`);
    const late = record(END - 50 * MS, `time="${formatTime(END - 50 * MS)}" level=info msg="Container failed to exit within 10s of signal 15 - using the force" container=${id('app')}`, { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'docker.service', _SYSTEMD_CGROUP: '/system.slice/docker.service', _COMM: 'dockerd' });
    expect(answers([named, late, finished], sources)).toMatchObject([{ cause: 'runtime-stop', family: 'orchestrator' }]);
    // What a container prints into the journal by Docker's driver is not Docker's word.
    const forged = record(END - 50 * MS, `time="${formatTime(END - 50 * MS)}" level=info msg="Container failed to exit within 10s of signal 15 - using the force" container=${id('app')}`, { _TRANSPORT: 'journal', _SYSTEMD_UNIT: 'docker.service', _COMM: 'dockerd', CONTAINER_ID_FULL: id('app') });
    expect(answers([named, forged, finished], sources)).toMatchObject([{ cause: 'not-oom' }]);
  });

  it('waits for the name, and says nothing of what nobody ever names', () => {
    expect(answers([ending, named], sources)).toHaveLength(1);
    expect(answers([ending], sources)).toEqual([]);
  });

  it('a text log’s word is enough where there is no other, but not for who PID 1 was', () => {
    const text: SourceEvent = { type: 'text', source: 'syslog', begin: true, chunk: Buffer.from(`${formatTime(END)} node1 containerd[371]: time="${formatTime(END)}" level=info msg="received exit event container_id:\\"${id('app')}\\"  id:\\"${id('app')}\\"  pid:100  exit_status:137  exited_at:{seconds:${Math.floor(END / SECOND)}  nanos:0}"\n`) };
    expect(answers([named, ...journal({ at: END - 100 * MS, pid: 100 }), text], [...sources, { name: 'syslog', kind: 'kernel-log' }])).toMatchObject([{ cause: 'container-limit-oom', confidence: 'likely', container: { initPid: null } }]);
  });

  it('with a socket that answers, logs tell no exits', () => {
    expect(answers([named, ending], NODE)).toEqual([]);
  });
});
