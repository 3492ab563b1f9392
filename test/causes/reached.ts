import { readFileSync } from 'node:fs';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import type { Cause } from '../../src/model/cause.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { FINISHED, ID, kubelet, limitKill, stopping } from './support/lines.ts';
import { changed, recorded } from './support/real.ts';
import { replayed } from './support/recorded.ts';

/** How a cause is reached by what a real machine recorded, and what nearly reaches it and must not. */
export interface Reached {
  /** Which recording. */
  readonly origin: string;
  readonly verdict: () => Verdict | undefined;
  readonly near: { readonly what: string; readonly cause: Cause; readonly verdict: () => Verdict | undefined };
}

const NODE = 'Linux 6.12, cgroup v2, containerd 1.7: test/recordings/6.12-v2-journal';
const lab = (name: string): string => `Linux 6.12, Kubernetes 1.20, containerd 1.7: test/recordings/${name}-6.12-containerd`;
const ofLab = (name: string) => (): Verdict | undefined => recorded(`${name}-6.12-containerd`);
const ofNode = (id: string) => (): Verdict | undefined => recorded('6.12-v2-journal', id);
const first = (told: Parameters<typeof replayed>[0]) => (): Verdict | undefined => replayed(told)[0];
const isOf = (unit: string) => (line: string): boolean => line.includes(`"_SYSTEMD_UNIT":"${unit}"`);

const SHUTDOWN = '"Shutdown manager killing pod with gracePeriod" pod="shop/cart-7d9f" gracePeriod=10';
const evicting = (pods: string): readonly (readonly [number, string])[] => [
  [1.3, '"Eviction manager: attempting to reclaim" resourceName="memory"'],
  [1.2, `"Eviction manager: pods ranked for eviction" pods="[${pods}]"`],
];
/** Who ended at the same moment, in another pod. */
const BESIDE = { containerId: ID, podUid: '00000000-1111-4222-8333-444444444444', podName: 'beside', initPid: 9_944 };
/** A limit of 32 MiB on a cgroup of the machine's own, and two containers below it. */
const ANCESTOR = 'ancestor-limit-6.18-containerd';

/** auditd 3.0.9 on Linux 6.18, with the rules of docs/audit.md: kill -9 from the host, and from inside of a pid namespace. */
const AUDIT = readFileSync(new URL('../fixtures/witness/audit-enriched.log', import.meta.url), 'utf8');
const audited = (initPid: number, seconds: number) => first({ audit: AUDIT, exits: [{ initPid, finishedAt: formatTime(seconds * SECOND), startedAt: formatTime((seconds - 600) * SECOND) }] });

/** Every cause there is: the compiler refuses a table that lacks one. */
export const REACHED: Readonly<Record<Cause, Reached>> = {
  'container-limit-oom': {
    origin: lab('container-limit'), verdict: ofLab('container-limit'),
    near: { what: 'a child hit the limit, PID 1 went on and ended itself', cause: 'program', verdict: ofLab('child-only') },
  },
  'pod-limit-oom': {
    origin: lab('pod-limit'), verdict: ofLab('pod-limit'),
    near: { what: "the kernel met it at the pod's cgroup, but the limit is the sole container's", cause: 'container-limit-oom', verdict: ofLab('sole-container-limit') },
  },
  'qos-limit-oom': {
    origin: NODE, verdict: ofNode('23804cd52f49'),
    near: { what: 'the limit that was hit is that of all pods, one level further out', cause: 'node-allocatable-oom', verdict: ofNode('154d7c9f34ee') },
  },
  'node-allocatable-oom': {
    origin: lab('kubepods-limit'), verdict: ofLab('kubepods-limit'),
    near: { what: 'a pod without a limit took what the node itself had left', cause: 'node-oom', verdict: ofLab('node-eater') },
  },
  'ancestor-limit-oom': {
    origin: `Linux 6.18, cgroup v1, containerd 1.6: test/recordings/${ANCESTOR}; live in test/e2e/agent-ancestor-limit.test.ts`, verdict: () => recorded(ANCESTOR),
    near: { what: 'it was another container below the same limit that was killed', cause: 'not-oom', verdict: () => changed(ANCESTOR, { exit: { containerId: ID, initPid: 77, cgroup: null } }) },
  },
  'cgroup-limit-oom': {
    origin: `${NODE}, a storm of kills of which the kernel printed one line each`, verdict: ofNode('ccc792f7e435'),
    near: { what: "a kill line that names no limit, but another process", cause: 'not-oom', verdict: first({ kernel: limitKill(0.1, 77).slice(-1), exits: [FINISHED] }) },
  },
  'node-oom': {
    origin: lab('node-eater'), verdict: ofLab('node-eater'),
    near: { what: 'all pods together used what they may; the node has memory left', cause: 'node-allocatable-oom', verdict: ofLab('kubepods-limit') },
  },
  'numa-oom': {
    origin: `${lab('numa')}; Linux 5.10, cgroup v1: test/recordings/numa-5.10-containerd`, verdict: ofLab('numa'),
    near: { what: 'it was another container that was killed for what that cpuset allows', cause: 'not-oom', verdict: () => changed('numa-6.12-containerd', { exit: BESIDE }) },
  },
  'userspace-oom': {
    origin: `${lab('systemd-oomd')}; facebook's oomd: oomd-6.12-containerd; earlyoom: earlyoom-6.12-containerd, and with nohang live in test/e2e/userspace-killers.test.ts`, verdict: ofLab('systemd-oomd'),
    near: { what: 'systemd-oomd killed the neighbour', cause: 'not-oom', verdict: () => changed('systemd-oomd-6.12-containerd', { exit: BESIDE }) },
  },
  'liveness-probe': {
    origin: lab('liveness'), verdict: ofLab('liveness'),
    near: { what: 'the probe failed, but the program ended itself with 137 on SIGTERM', cause: 'not-oom', verdict: ofLab('own-137-in-grace') },
  },
  'startup-probe': {
    origin: lab('startup'), verdict: ofLab('startup'),
    near: {
      what: 'the probe failed, but the program was OOM-killed within the grace', cause: 'container-limit-oom',
      verdict: first({ kernel: limitKill(0.1), units: [kubelet([5, `"Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${ID}"} pod="shop/cart-7d9f" containerMessage="Container app failed startup probe, will be restarted"`], stopping(5, 30))], exits: [FINISHED] }),
    },
  },
  eviction: {
    origin: `${lab('eviction')}; a running pod not admitted again: test/recordings/not-admitted-5.10-containerd`, verdict: ofLab('eviction'),
    near: { what: 'another pod was evicted, and this one stopped meanwhile', cause: 'runtime-stop', verdict: first({ units: [kubelet(...evicting('shop/other-1 shop/cart-7d9f'), stopping(1.1, 1), [-0.4, '"Eviction manager: pod is evicted successfully" pod="shop/other-1"'])], exits: [FINISHED] }) },
  },
  preemption: {
    origin: lab('preemption'), verdict: ofLab('preemption'),
    near: { what: 'this pod was the one that asked for the place of another', cause: 'runtime-stop', verdict: first({ units: [kubelet([30.2, '"Preempting pod to free up resources" pod="shop/other-1" podUID="00000000-1111-4222-8333-444444444444" insufficientResources="[cpu: 100m]" requestingPod="shop/cart-7d9f"'], stopping(30.1, 30))], exits: [FINISHED] }) },
  },
  'node-shutdown': {
    origin: 'Linux 5.10, cgroup v1, Kubernetes 1.20, a real shutdown: test/recordings/node-shutdown-5.10-containerd', verdict: () => recorded('node-shutdown-5.10-containerd'),
    near: { what: 'the node shut down, and the program ended itself with 137 long before its time was over', cause: 'not-oom', verdict: first({ units: [kubelet([3.2, SHUTDOWN], stopping(3.1, 10))], exits: [FINISHED] }) },
  },
  'pod-deletion': {
    origin: lab('deletion'), verdict: ofLab('deletion'),
    near: { what: 'the pod was deleted, but the program was OOM-killed within the grace', cause: 'container-limit-oom', verdict: ofLab('oom-in-grace') },
  },
  'runtime-stop': {
    origin: `containerd's own lines of ${lab('liveness')}, without kubelet's; live in test/e2e/agent-stops.test.ts and agent-docker.test.ts`,
    verdict: () => changed('liveness-6.12-containerd', { keep: isOf('containerd.service') }),
    near: { what: 'it was to be stopped, and ended itself with 137 before that', cause: 'not-oom', verdict: () => changed('own-137-in-grace-6.12-containerd', { keep: isOf('containerd.service') }) },
  },
  'external-sigkill': {
    origin: `${lab('audited-kill-9')}, by journald; auditd 3.0.9 in test/e2e/agent-audit.test.ts`, verdict: ofLab('audited-kill-9'),
    near: { what: '`kill -9 1` from within its own pid namespace, where PID 1 does not get it', cause: 'not-oom', verdict: audited(8_558, 1_795_569_223.9) },
  },
  'not-oom': {
    origin: lab('kill-9'), verdict: ofLab('kill-9'),
    near: { what: "neither the kernel's log nor its count could be read over that moment", cause: 'unknown', verdict: () => changed('kill-9-6.12-containerd', { without: ['kernel.journal.json', 'ledger.ndjson'] }) },
  },
  program: {
    origin: lab('child-only'), verdict: ofLab('child-only'),
    near: { what: "a child's 137 that the shell passed on", cause: 'container-limit-oom', verdict: ofLab('child-passed-on') },
  },
  unknown: {
    origin: `${lab('exit-137')}, without the kernel's log and count`, verdict: () => changed('exit-137-6.12-containerd', { without: ['kernel.journal.json', 'ledger.ndjson'] }),
    near: { what: "the same death, with the kernel's log and count read", cause: 'not-oom', verdict: ofLab('exit-137') },
  },
};

