import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKlog } from '../../../src/evidence/kubelet/klog.ts';
import { T0 } from '../../correlate/node.ts';
import { at, ID, say, since, UID } from './lines.ts';

const POD = { podNamespace: 'shop', podName: 'cart-7d9f' };
const APP = { ...POD, containerName: 'app', containerId: ID };
const NUL = '\u0000';

describe('a stop, as each version says it', () => {
  it.each([
    ['1.18', `${at('kuberuntime_container.go:600')}Killing container "docker://${ID}" with 30 second grace period`, { containerId: ID }, 30_000, 'text'],
    ['1.20', `${at('kuberuntime_container.go:636')}Killing container "containerd://${ID}" with a 0 second grace period`, { containerId: ID }, 0, 'text'],
    ['1.21, uid bare', `${at('kuberuntime_container.go:709')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID=${UID} containerName="app" containerID="containerd://${ID}" gracePeriod=30`, { ...APP, podUid: UID }, 30_000, undefined],
    ['1.30, uid quoted', `${at('kuberuntime_container.go:808')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="cri-o://${ID}" gracePeriod=2`, { ...APP, podUid: UID }, 2_000, undefined],
    ['JSON', JSON.stringify({ ts: T0 / 1_000, caller: 'kuberuntime/kuberuntime_container.go:808', msg: 'Killing container with a grace period', v: 2, pod: { name: 'cart-7d9f', namespace: 'shop' }, podUID: UID, containerName: 'app', containerID: `containerd://${ID}`, gracePeriod: 30 }), { ...APP, podUid: UID }, 30_000, undefined],
    ['JSON of before 1.24, with a newline', JSON.stringify({ ts: T0 / 1_000, msg: 'Killing container with a grace period\n', v: 2, pod: { name: 'cart-7d9f', namespace: 'shop' }, podUID: UID, containerName: 'app', containerID: `containerd://${ID}`, gracePeriod: 30 }), { ...APP, podUid: UID }, 30_000, undefined],
  ])('%s', (_, line, about, gracePeriodMs, trust) => {
    const said = say(...since(line));
    expect(said).toMatchObject([{ kind: 'stop-request', by: 'kubelet', reason: 'unknown', gracePeriodMs, about, atUs: T0 }]);
    expect(said[0]?.trust).toBe(trust);
  });

  it.each([
    ['1.20', `${at('pod_container_manager_linux.go:198')}failed to delete cgroup paths for [kubepods besteffort pod${UID}] : unable to destroy cgroup paths for cgroup [kubepods besteffort pod${UID}] : remove /sys/fs/cgroup/kubepods.slice/kubepods-besteffort.slice/x.slice: device or resource busy`],
    ['1.20, guaranteed', `${at('pod_container_manager_linux.go:198')}failed to delete cgroup paths for [kubepods pod${UID}] : unable`],
    ['1.24', `${at('pod_container_manager_linux.go:192')}"Failed to delete cgroup paths" cgroupName=[kubepods burstable pod${UID}] err="unable to destroy cgroup paths"`],
    ['1.30', `${at('pod_container_manager_linux.go:210')}"Failed to delete cgroup paths" cgroupName=["kubepods","burstable","pod${UID}"] err="unable to destroy cgroup paths"`],
    ['JSON', JSON.stringify({ ts: T0 / 1_000, msg: 'Failed to delete cgroup paths', v: 0, cgroupName: ['kubepods', 'burstable', `pod${UID}`], err: 'unable' })],
  ])('the pod’s cgroup is removed, and what is in it killed: %s', (_, line) => {
    expect(say(...since(line))).toMatchObject([{ kind: 'stop-request', by: 'kubelet', phase: 'kill', signal: 'SIGKILL', gracePeriodMs: null, about: { podUid: UID }, atUs: T0 }]);
  });

  it.each([
    ['the cgroup of no pod', `${at('x.go:1')}"Failed to delete cgroup paths" cgroupName=[kubepods burstable] err="pod${UID}]"`],
    ['the override that comes before it', `${at('kuberuntime_container.go:787')}"Killing container with a grace period override" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=1`],
    ['the same of 1.20', `${at('kuberuntime_container.go:633')}Killing container {"containerd" "${ID}"}, but using a 1 second grace period override`],
    ['a line inside of a value', `\tI1123 17:43:25.000000    2480 x.go:1] "Killing container with a grace period" pod="shop/cart-7d9f" gracePeriod=30`],
    ['a line that is not klog’s', `Killing container "docker://${ID}" with 30 second grace period`],
    ['a quoted message in another’s value', `${at('x.go:1')}"Failed" err="\\"Killing container with a grace period\\" pod=\\"shop/cart-7d9f\\" gracePeriod=30"`],
  ])('not: %s', (_, line) => {
    expect(say(line)).toEqual([]);
  });
});

describe('why', () => {
  const message = (containerMessage: string, id = `{"Type":"containerd","ID":"${ID}"}`): string =>
    `${at('kuberuntime_manager.go:1027')}"Message for Container of pod" containerName="app" containerStatusID=${id} pod="shop/cart-7d9f" containerMessage="${containerMessage}"`;

  it.each([
    ['liveness', message('Container app failed liveness probe, will be restarted'), 'liveness-probe', APP],
    ['liveness, of a pod that is not restarted', message('Container app failed liveness probe'), 'liveness-probe', APP],
    ['startup, as 1.21 prints the id', message('Container app failed startup probe, will be restarted', `{Type:containerd ID:${ID}}`), 'startup-probe', APP],
    ['another definition', message('Container app definition changed, will be restarted'), 'restart', APP],
    ['words that only look like it', message('Container app says: app failed liveness probe, will be restarted'), 'restart', APP],
    ['1.20', `${at('kuberuntime_manager.go:656')}Container "app" ({"docker" "${ID}"}) of pod cart-7d9f_shop(${UID}): Container app failed liveness probe, will be restarted`, 'liveness-probe', { ...APP, podUid: UID }],
    ['1.20, as %q quotes a struct', `${at('kuberuntime_manager.go:656')}Container "app" ("{\\"docker\\" \\"${ID}\\"}") of pod cart-7d9f_shop(${UID}): Container app failed startup probe, will be restarted`, 'startup-probe', { ...APP, podUid: UID }],
    ['an Event, -v=3', `${at('event.go:389')}"Event occurred" object="shop/cart-7d9f" fieldPath="spec.containers{app}" kind="Pod" apiVersion="v1" type="Normal" reason="Killing" message="Container app failed liveness probe, will be restarted"`, 'liveness-probe', { ...POD, containerName: 'app' }],
    // Of a restartable init container kubelet prints no message (kuberuntime_container.go, computeInitContainerActions): its Event alone tells why.
    ['a sidecar, by its Event, -v=3', `${at('event.go:389')}"Event occurred" object="shop/cart-7d9f" fieldPath="spec.initContainers{app}" kind="Pod" apiVersion="v1" type="Normal" reason="Killing" message="Init container app failed liveness probe"`, 'liveness-probe', { ...POD, containerName: 'app' }],
    ['an Event in JSON', JSON.stringify({ ts: T0 / 1_000, caller: 'record/event.go:389', msg: 'Event occurred', v: 3, object: { name: 'cart-7d9f', namespace: 'shop' }, fieldPath: 'spec.containers{app}', kind: 'Pod', apiVersion: 'v1', type: 'Normal', reason: 'Killing', message: 'Container app failed startup probe, will be restarted' }), 'startup-probe', { ...POD, containerName: 'app' }],
  ])('%s', (_, line, reason, about) => {
    expect(say(...since(line))).toMatchObject([{ kind: 'stop-request', reason, gracePeriodMs: null, about }]);
  });

  it.each([
    ['deletion', `${at('kubelet.go:2423')}"SyncLoop DELETE" source="api" pods=["shop/cart-7d9f","pay/ledger-0"]`, [POD, { podNamespace: 'pay', podName: 'ledger-0' }]],
    ['deletion, 1.21 to 1.25', `${at('kubelet.go:2135')}"SyncLoop REMOVE" source="api" pods=[shop/cart-7d9f pay/ledger-0]`, [POD, { podNamespace: 'pay', podName: 'ledger-0' }]],
    ['deletion, 1.20', `${at('kubelet.go:1904')}SyncLoop (DELETE, "api"): "cart-7d9f_shop(${UID}), ledger-0_pay(${UID})"`, [{ ...POD, podUid: UID }, { podNamespace: 'pay', podName: 'ledger-0', podUid: UID }]],
  ])('%s', (_, line, abouts) => {
    expect(say(line)).toMatchObject(abouts.map((about) => ({ kind: 'pod-deletion', about })));
  });

  it.each([
    ['UPDATE', `${at('kubelet.go:1')}"SyncLoop UPDATE" source="api" pods=["shop/cart-7d9f"]`],
    ['RECONCILE, -v=4', `${at('kubelet.go:1')}"SyncLoop RECONCILE" source="api" pods=["shop/cart-7d9f"]`],
    ['an Event of another reason', `${at('event.go:389')}"Event occurred" object="shop/cart-7d9f" kind="Pod" reason="Killing" message="Stopping container app"`],
    ['an Event of a line that only holds the words', `${at('x.go:1')}"Other" err="Event occurred" object="shop/cart-7d9f" kind="Pod" reason="Preempting"`],
    ['an Event on a node', `${at('event.go:389')}"Event occurred" object="shop/cart-7d9f" kind="Node" reason="Preempting" message="x"`],
  ])('not: %s', (_, line) => {
    expect(say(line)).toEqual([]);
  });

  it('a sidecar whose probe failed is stopped, below -v=3: why is not told', () => {
    const said = say(
      `${at('prober.go:107')}"Probe failed" probeType="Liveness" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" probeResult="failure" output="no"`,
      `${at('kuberuntime_container.go:808')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=30`,
    );
    expect(said).toMatchObject([{ kind: 'probe-failed', probe: 'liveness' }, { kind: 'stop-request', reason: 'unknown' }]);
  });

  it('the node shuts down, and a critical pod takes its place', () => {
    expect(say(`${at('nodeshutdown_manager_linux.go:357')}"Shutdown manager killing pod with gracePeriod" pod="shop/cart-7d9f" gracePeriod=10`)).toMatchObject([{ kind: 'node-shutdown', gracePeriodMs: 10_000, about: POD }]);
    expect(say(`${at('nodeshutdown_manager_linux.go:220')}Shutdown manager killing pod "cart-7d9f_shop(${UID})" with gracePeriod: 10 seconds`)).toMatchObject([{ kind: 'node-shutdown', gracePeriodMs: 10_000, about: { ...POD, podUid: UID } }]);
    expect(say(`${at('preemption.go:103')}"Pod evicted successfully" pod="shop/cart-7d9f"`)).toMatchObject([{ kind: 'preemption', about: POD }]);
    expect(say(`${at('preemption.go:103')}"Preempting pod to free up resources" pod="shop/cart-7d9f" podUID="${UID}" insufficientResources=[{"resourceName":"memory","quantity":5}]`)).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
    expect(say(`${at('preemption.go:119')}preemption: pod cart-7d9f_shop(${UID}) evicted successfully`)).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
    expect(say(`${at('preemption.go:110')}preemption: pod cart-7d9f_shop(${UID}) failed to evict timeout waiting to kill pod`)).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
    const whole = `[&Pod{ObjectMeta:{cart-7d9f cart- shop  ${UID} 464 0 2026-11-28 15:24:25 +0000 UTC <nil> <nil> map[lab:yes] map[note: &Pod{ObjectMeta:{other  shop  ${UID} 1`;
    expect(say(`${at('preemption.go:98')}preemption: attempting to evict pods ${whole}`)).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
    expect(say(`${at('preemption.go:98')}preemption: attempting to evict pods []`)).toEqual([]);
    // 1.21 to 1.23: the same under a key. What a pod says of itself names no other.
    const attempting = (pods: string): string => `${at('preemption.go:106')}"Attempting to evict pods in order to free up resources" pods=${pods} insufficientResources="[(res: cpu, q: 100), ]"`;
    expect(say(attempting('[&Pod{ObjectMeta:{cart-7d9f cart- shop  27aff94d-e0d9-43d1-84d6-9ab000aa57e2 464 0 2026-11-28 15:24:25 +0000 UTC <nil> <nil> map[] map[note:pay/ledger-0] [] []},Spec:PodSpec{Containers:[]Container{Container{Image:docker.io/library/nginx:1,}}}}]'))).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
    expect(say(attempting('[{"metadata":{"name":"cart-7d9f","annotations":{"note":"pay/ledger-0"}}}]'))).toEqual([]);
    // 1.34, which says for whom.
    expect(say(`${at('preemption.go:105')}"Preempting pod to free up resources" pod="shop/cart-7d9f" podUID="${UID}" insufficientResources="[(res: cpu, q: 100), ]" requestingPod="kube-system/critical-0"`)).toMatchObject([{ kind: 'preemption', about: { ...POD, podUid: UID } }]);
  });
});

describe('probes', () => {
  it.each([
    ['structured, its output on the lines that follow', `${at('prober.go:107')}"Probe failed" probeType="Liveness" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" probeResult="failure" output=<`, 'liveness', null],
    ['structured, whole', `${at('prober.go:107')}"Probe failed" probeType="Startup" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" probeResult="failure" output="HTTP probe failed with statuscode: 503"`, 'startup', 'HTTP probe failed with statuscode: 503'],
    ['structured, in one record', `${at('prober.go:107')}"Probe failed" probeType="Readiness" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" probeResult="failure" output=<\n\tcat: can't open\n\tone more\n >`, 'readiness', "cat: can't open\none more\n >"],
    ['errored', `${at('prober.go:104')}"Probe errored" err="rpc error: code = \\"x\\"" probeType="Liveness" pod="shop/cart-7d9f" podUID="${UID}" containerName="app"`, 'liveness', 'rpc error: code = "x"'],
    ['1.20', `${at('prober.go:117')}Liveness probe for "cart-7d9f_shop(${UID}):app" failed (failure): HTTP probe failed`, 'liveness', 'HTTP probe failed'],
    ['1.20, its output on the lines that follow', `${at('prober.go:117')}Liveness probe for "cart-7d9f_shop(${UID}):app" failed (failure):`, 'liveness', null],
    ['1.20, with a trailing blank', `${at('prober.go:117')}Liveness probe for "cart-7d9f_shop(${UID}):app" failed (failure): `, 'liveness', null],
    ['1.20, errored', `${at('prober.go:114')}Startup probe for "cart-7d9f_shop(${UID}):app" errored: timeout`, 'startup', 'timeout'],
  ])('%s', (_, line, probe, detail) => {
    expect(say(line)).toMatchObject([{ kind: 'probe-failed', probe, detail, about: { ...POD, podUid: UID, containerName: 'app' } }]);
  });
});

describe('evictions', () => {
  it('tells of a running pod that a restarted kubelet does not admit again', () => {
    const about = { ...POD, podUid: UID };
    // 1.20, as the lab's kubelet says it, and since 1.21.
    expect(say(`${at('eviction_manager.go:173')}Failed to admit pod cart-7d9f_shop(${UID}) - node has conditions: [MemoryPressure]`)).toMatchObject([{ kind: 'eviction', resource: 'memory', signal: 'memory.available', about }]);
    expect(say(`${at('eviction_manager.go:167')}"Failed to admit pod to node" pod="shop/cart-7d9f" nodeCondition=["MemoryPressure"]`)).toMatchObject([{ kind: 'eviction', resource: 'memory', about: POD }]);
    expect(say(`${at('eviction_manager.go:167')}"Failed to admit pod to node" pod="shop/cart-7d9f" nodeCondition=[DiskPressure]`)).toMatchObject([{ kind: 'eviction', resource: null, signal: null, detail: 'not admitted again, for the node has DiskPressure' }]);
    expect(say(`${at('eviction_manager.go:173')}Failed to admit pod cart-7d9f_shop(${UID}) - no more`)).toEqual([]);
  });

  const killing = `${at('kuberuntime_container.go:709')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=1`;
  const reclaim = `W1123 17:43:25.000000    2480 eviction_manager.go:347] "Eviction manager: attempting to reclaim" resourceName="memory"`;

  it('whose turn it is when kubelet begins to stop it', () => {
    const said = say(reclaim, `${at('eviction_manager.go:374')}"Eviction manager: pods ranked for eviction" pods="[shop/cart-7d9f kube-system/kube-proxy-5thr6]"`, killing);
    expect(said).toMatchObject([{ kind: 'eviction', resource: 'memory', signal: 'memory.available', limit: false, about: POD }, { kind: 'stop-request' }]);
  });

  it('not a critical pod, but the next', () => {
    const ranked = `${at('eviction_manager.go:410')}"Eviction manager: pods ranked for eviction" pods=["kube-system/coredns-m","shop/cart-7d9f"]`;
    const spared = `E1123 17:43:25.000000    2480 eviction_manager.go:616] "Eviction manager: cannot evict a critical pod" pod="kube-system/coredns-m"`;
    expect(say(reclaim, ranked, spared, killing).map(({ kind, about }) => [kind, about.podName])).toEqual([['eviction', 'cart-7d9f'], ['stop-request', 'cart-7d9f']]);
    // Without that word its turn has not come: something else stops it.
    expect(say(reclaim, ranked, killing).map(({ kind }) => kind)).toEqual(['stop-request']);
  });

  it('when it is done, or has failed, as each version says it', () => {
    expect(say(reclaim, `${at('eviction_manager.go:595')}"Eviction manager: pod is evicted successfully" pod="shop/cart-7d9f"`)).toMatchObject([{ kind: 'eviction', resource: 'memory', about: POD }]);
    expect(say(`E1123 17:43:25.000000    2480 eviction_manager.go:1] "Eviction manager: pod failed to evict" err="timeout" pod="shop/cart-7d9f"`)).toMatchObject([{ kind: 'eviction', resource: null, about: POD }]);
    const plain = (text: string): string => `${at('eviction_manager.go:589')}eviction manager: ${text}`;
    expect(say(plain('attempting to reclaim ephemeral-storage'), plain(`pod cart-7d9f_shop(${UID}) is evicted successfully`))).toMatchObject([{ kind: 'eviction', resource: 'ephemeral-storage', signal: null, trust: 'text', about: { ...POD, podUid: UID } }]);
    expect(say(plain(`pods ranked for eviction: cart-7d9f_shop(${UID}), b_c(${UID})`), `${at('kuberuntime_container.go:636')}Killing container "docker://${ID}" with a 0 second grace period`)).toMatchObject([{ kind: 'eviction', about: POD }, { kind: 'stop-request' }]);
  });

  it('with threshold and what was there', () => {
    const message = 'The node was low on resource: memory. Threshold quantity: 750Mi, available: 225800Ki. Container app was using 4395616Ki, request is 0, has larger consumption of memory. ';
    const figures = { kind: 'eviction', resource: 'memory', signal: 'memory.available', thresholdText: '750Mi', observedText: '225800Ki', limit: false };
    expect(say(`${at('eviction_manager.go:627')}"Evicting pod" pod="shop/cart-7d9f" podUID="${UID}" message="${message}"`)).toMatchObject([{ ...figures, about: { ...POD, podUid: UID } }]);
    expect(say(`${at('event.go:389')}"Event occurred" object="shop/cart-7d9f" kind="Pod" reason="Evicted" message="${message}"`)).toMatchObject([figures]);
    expect(say(`${at('x.go:1')}"Evicting pod" pod="shop/cart-7d9f" podUID="${UID}" message="Usage of EmptyDir volume \\"cache\\" exceeds the limit \\"1Gi\\". "`)).toMatchObject([{ kind: 'eviction', resource: null, limit: true }]);
  });

  it.each(['thresholds met, but no pods', 'able to reduce resource pressure without evicting pods.', 'pods evicted, waiting for pod to be cleaned up', 'pods successfully cleaned up'])('not: %s', (words) => {
    expect(say(`${at('eviction_manager.go:1')}"Eviction manager: ${words}" pods=["shop/cart-7d9f"]`)).toEqual([]);
  });
});

it('tells an end with its status', () => {
  expect(say(`${at('generic.go:334')}"Generic (PLEG): container finished" podID="${UID}" containerID="${ID}" exitCode=137`)).toMatchObject([{ kind: 'exit', exitCode: 137, about: { containerId: ID, podUid: UID } }]);
});

describe('klog', () => {
  it('takes its own stamp for the moment, whatever the zone and the carrier', () => {
    const said = say(`I1124 05:13:24.250000    2480 kubelet.go:1] "SyncLoop DELETE" source="api" pods=["a/b"]`);
    expect(said[0]?.atUs).toBe(T0 - 750_000);
  });

  it('a line with another pid is not proven', () => {
    expect(say(`I1123 17:43:25.000000    1 kubelet.go:1] "SyncLoop DELETE" source="api" pods=["a/b"]`)).toMatchObject([{ trust: 'text' }]);
  });

  it('reads structs, lists and escapes', () => {
    expect(readKlog(`${at('x.go:1')}"A \\"b\\" \\u263a" event=&{ID:1 Type:ContainerDied Data:2} s={"a":"} x=1"} l=[a b] n=<nil> d="1s"`)).toMatchObject({
      text: 'A "b" \u263a',
      values: { event: '&{ID:1 Type:ContainerDied Data:2}', s: '{"a":"} x=1"}', l: '[a b]', n: '<nil>', d: '1s' },
    });
  });

  it('whatever a value holds, quoted as Go quotes it, comes back and changes no other', () => {
    const quote = (text: string): string => JSON.stringify(text).replaceAll(NUL, '\\x00');
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const values = readKlog(`${at('x.go:1')}"m" a=${quote(text)} b=1`)?.values;
      expect(values).toEqual({ a: text, b: '1' });
    }), { numRuns: 300 });
  });

  it('takes any line without harm, in time that grows with its length alone', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('"', '\\', ' a=', '{', '}', '[', ']', '<', '\n', 'Killing container ', '_x(', 'I1123 17:43:25.000000 1 a.go:1] ', 'é', '('), { maxLength: 200 }), (parts) => {
      say(at('x.go:1') + parts.join(''));
    }), { numRuns: 300 });
    const begun = performance.now();
    say(`${at('x.go:1')}"m" a=${'['.repeat(60_000)}`, `${at('x.go:1')}Container "a" (${'(x '.repeat(20_000)}) of pod`, `${at('x.go:1')}"m" a=${'" b='.repeat(15_000)}`);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
